internal import JSON
internal import Primitives
internal import Reactor

/// One client as Protocol/README.md describes it: says hello, subscribes, sends commands with idempotency keys; when the
/// connection goes, it comes back by itself, resumes each subscription from where it was, and sends again what had no
/// answer, with the same keys. Some hundred bytes beyond its socket while nothing is under way. Confined to the driver's
/// loop.
final class ContractClient: WebSocketClientOwner {
    enum State: Equatable {
        /// Not told to connect yet.
        case idle
        /// The socket opens, or `hello` waits for its `welcome`.
        case connecting
        case welcomed
        /// Until the next attempt.
        case waiting
        /// Told to leave, or forbidden to come back.
        case ended
    }

    /// One that has no final answer.
    private struct Pending {
        let identifier: Int64
        let number: Int
        let intended: Instant
        let command: UInt8
        let record: SessionRecord
        let frame: [UInt8]
        var tries: UInt8 = 0
        /// False while it waits for a connection, or to be tried again.
        var isSent = false
    }

    /// `hello` takes so many subscriptions; further ones are sent behind `welcome`.
    static let maxHelloSubscriptions = 128
    /// From the start of an attempt to `welcome`; then another attempt is made.
    static let connectTimeout = Duration.seconds(15)
    /// A command that is refused for now is sent so often in all.
    static let maxTries: UInt8 = 8
    /// Before the first repetition, where the fault does not say.
    static let retryInterval = Duration.milliseconds(250)

    let role: ClientRole
    /// The index of the connection in its group.
    let number: Int
    private(set) var state = State.idle
    /// By a subscription's index; the place of one that has left is taken by the next.
    private(set) var followers: [Follower] = []
    private var freePlaces: [Int] = []
    private var socket: WebSocketClient?
    private var pending: [Pending] = []
    private var lastIdentifier: Int64 = 0
    private var backoff = Backoff()
    private var timer: ScheduledTimer?
    /// When the first connect was meant to be, or the attempt began that brought it back.
    private var started = Instant(nanoseconds: 0)
    private var wasReady = false
    /// False from a connect until every subscription is caught up.
    private(set) var isReady = false
    /// The server announced that it will close: no new commands here.
    private var isLeaving = false

    init(_ role: ClientRole, number: Int) {
        self.role = role
        self.number = number
    }

    private var run: RunContext { role.run }

    /// Commands without a final answer.
    var unanswered: Int { pending.count }

    // MARK: What it is told to do

    /// `intended`: when it was meant to be; the latency of `connect` counts from there.
    func connect(intended: Instant) {
        guard state == .idle else { return }
        started = intended
        attempt()
    }

    /// Subscribes, now or with the next `hello`. The answer is the subscription's index.
    @discardableResult
    func follow(_ session: String, mode: Follower.Mode = .all) -> Int {
        let follower = Follower(role.sessions.record(of: session), client: number, mode: mode)
        let index = freePlaces.popLast() ?? followers.count
        if index < followers.count { followers[index] = follower } else { followers.append(follower) }
        if state == .welcomed { subscribe(index) }
        return index
    }

    /// Unsubscribes for good. Its index is not another one's before the server has said so, or the connection is gone.
    func unfollow(_ index: Int) {
        guard !followers[index].isOff else { return }
        followers[index].end(Self.left)
        guard state == .welcomed else { return freePlaces.append(index) }
        let frame: JSONValue = [
            "type": "unsubscribe", "id": .integer(Self.unsubscription),
            "session": .string(followers[index].record.name),
        ]
        socket?.send(text: frame.bytes)
    }

    /// Subscribes again from where it is, as one does who finds that something volatile was left out.
    func resubscribe(_ index: Int) {
        if state == .welcomed { subscribe(index) }
    }

    /// Sends a signal now. False without a connection: signals are not kept.
    func signal(_ session: String, _ name: String, _ data: JSONValue) -> Bool {
        guard state == .welcomed, let socket else { return false }
        let frame: JSONValue = [
            "type": "signal", "session": .string(session), "name": .string(name), "data": data,
        ]
        socket.send(text: frame.bytes)
        return true
    }

    /// Says how far the device has come. Not kept without a connection: what is said later counts for all before.
    func acknowledge(_ session: String, _ offset: Int64) {
        guard state == .welcomed else { return }
        let frame: JSONValue = ["type": "ack", "session": .string(session), "offset": .integer(offset)]
        socket?.send(text: frame.bytes)
    }

    private static let left = "left"
    /// Even, and of no subscription.
    private static let unsubscription: Int64 = 1 << 40

    /// Sends a command once there is a connection, and until it is answered. `number` is its own among those of the role's
    /// sessions: the idempotency key is made of it.
    func command(_ session: String, _ name: String, number: Int, _ data: JSONValue, intended: Instant) {
        lastIdentifier += 1
        // Odd; subscriptions have even ones.
        let identifier = lastIdentifier * 2 + 1
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", "command")
        writer.member("id", .integer(identifier))
        writer.member("session", .string(session))
        writer.member("name", .string(name))
        writer.member("key", .string("\(role.sessions.keyPrefix)\(number)"))
        writer.member("data", data)
        writer.endObject()
        var command = Pending(
            identifier: identifier, number: number, intended: intended, command: role.sessions.index(ofName: name),
            record: role.sessions.record(of: session), frame: writer.bytes)
        if state == .welcomed, !isLeaving {
            command.isSent = true
            socket?.send(text: command.frame)
        }
        pending.append(command)
        run.recorder.count("sent")
    }

    /// Loses the connection as a lost network would; the client comes back by itself.
    func cut() {
        guard state == .connecting || state == .welcomed else { return }
        socket?.drop()
        disconnected()
        wait(isLong: false)
    }

    /// Drops the connection and connects again at once, as a page that is loaded anew; resumes where it was.
    func reload() {
        guard state == .welcomed else { return }
        socket?.drop()
        disconnected()
        started = run.driver.now
        attempt()
    }

    /// Does not read for so long.
    func stall(for duration: Duration) {
        guard let socket else { return }
        socket.pause()
        run.driver.loop.schedule(after: duration) { [weak socket] in socket?.resume() }
    }

    /// The run is over: what still has no answer never will.
    func reportUnanswered() {
        for command in pending {
            let name = role.sessions.name(command.command)
            command.record.offend(
                .stuck, at: command.record.newest,
                "client \(number) has no answer to \(name) \(command.number) (key \(role.sessions.keyPrefix)\(command.number))"
            )
        }
    }

    /// For good, without a word.
    func leave() {
        guard state != .ended else { return }
        socket?.drop()
        disconnected()
        state = .ended
    }

    // MARK: The connection

    private func attempt() {
        state = .connecting
        isReady = false
        setTimer(Self.connectTimeout) { client in
            client.run.recorder.error("connect: no answer")
            client.cut()
        }
        do {
            socket = try WebSocketClient(
                to: run.target.http, target: role.socketTarget, subprotocol: "sala.v1.json", driver: run.driver,
                owner: self)
        } catch {
            run.recorder.error("connect: no socket")
            wait(isLong: false)
        }
    }

    private func wait(isLong: Bool) { wait(for: backoff.next(isLong: isLong, run.driver.random)) }

    private func wait(for duration: Duration) {
        state = .waiting
        setTimer(duration) { client in
            client.started = client.wasReady ? client.run.driver.now : client.started
            client.attempt()
        }
    }

    /// There is one timer at a time.
    private func setTimer(_ delay: Duration, _ work: @escaping (ContractClient) -> Void) {
        timer?.cancel()
        timer = run.driver.loop.schedule(after: delay) { [weak self] in if let self { work(self) } }
    }

    private func disconnected() {
        timer?.cancel()
        timer = nil
        if socket?.wasOpened == true { run.recorder.connectionClosed() }
        socket = nil
        isReady = false
        isLeaving = false
        for follower in followers { follower.lose() }
        for index in followers.indices where followers[index].state == .off(Self.left) { freePlace(index) }
        for index in pending.indices { pending[index].isSent = false }
    }

    private func freePlace(_ index: Int) { if !freePlaces.contains(index) { freePlaces.append(index) } }

    func webSocketOpened() {
        run.recorder.connectionOpened()
        var writer = JSONWriter(reserving: 1024)
        writer.beginObject()
        writer.member("type", "hello")
        writer.member("token", .string(role.token.reveal()))
        writer.member("client", "sala-loadtest/1")
        if !followers.isEmpty {
            writer.name("subscribe")
            writer.beginArray()
            for index in followers.indices.prefix(Self.maxHelloSubscriptions) where !followers[index].isOff {
                writer.beginObject()
                write(subscription: index, to: &writer)
                writer.endObject()
                followers[index].ask()
            }
            writer.endArray()
        }
        writer.endObject()
        socket?.send(text: writer.bytes)
    }

    func webSocketClosed(code: UInt16?, why: String) {
        guard state != .ended else { return }
        let reaction = CloseReaction(code)
        run.recorder.error(code.map { "closed \($0)" } ?? brokenName(why))
        disconnected()
        switch reaction {
        case .reconnect: wait(isLong: false)
        case .wait: wait(isLong: true)
        case .stop:
            state = .ended
            for follower in followers { follower.lose() }
            role.delegate?.clientEnded(self, why: "closed \(code ?? 0)")
        }
    }

    private func brokenName(_ why: String) -> String {
        if state == .welcomed { return "connection lost" }
        return why.hasPrefix("connect: ") ? why : "connect: \(why)"
    }

    // MARK: Frames

    func webSocketReceived(text: UnsafeRawBufferPointer) {
        let instant = run.driver.now
        guard let frame = ServerFrame(text) else {
            run.recorder.error("a frame is not JSON")
            return cut()
        }
        switch frame.kind {
        case .event: receive(event: frame, at: instant)
        case .delta, .value, .signal: forward(frame, at: instant)
        case .ok, .fault: receive(answer: frame, at: instant)
        case .welcome: receiveWelcome(at: instant)
        case .subscribed, .snapshot, .unsubscribed: receive(subscription: frame, at: instant)
        case .goaway: receive(goaway: frame)
        case .expiring: run.recorder.error("token expires")
        case .other: break
        }
    }

    private func receiveWelcome(at instant: Instant) {
        guard state == .connecting else { return }
        state = .welcomed
        timer?.cancel()
        timer = nil
        backoff.succeed()
        // Those beyond what `hello` takes, and those that came behind it.
        for index in followers.indices where followers[index].state == .away { subscribe(index) }
        for index in pending.indices { send(index) }
        becomeReady(at: instant)
    }

    private func becomeReady(at instant: Instant) {
        guard !isReady, state == .welcomed, followers.allSatisfy({ $0.isCaughtUp || $0.isOff }) else { return }
        isReady = true
        let isFirst = !wasReady
        wasReady = true
        run.record(isFirst ? role.connectStage : "resume", from: started, to: instant)
        role.delegate?.clientIsReady(self, isFirst: isFirst, at: instant)
    }

    private func index(of frame: ServerFrame) -> Int? {
        guard let session = frame["session"] else { return nil }
        return followers.firstIndex { session.says($0.record.name) }
    }

    private func receive(event frame: ServerFrame, at instant: Instant) {
        guard let index = index(of: frame), let offset = frame["offset"]?.integer else {
            return run.recorder.error("an event of no subscription")
        }
        let name = role.sessions.index(ofName: frame["name"])
        let mark = MessageMark.of(frame["data"])
        let isNew = followers[index].event(offset, SessionRecord.Sighting(name: name, mark: mark))
        guard isNew else { return }
        run.recorder.count("delivered")
        let seen = SeenEvent(frame: frame, offset: offset, mark: mark, isReplay: frame["replay"]?.isTrue ?? false)
        role.delegate?.client(self, saw: seen, of: index, at: instant)
        if !isReady { becomeReady(at: instant) }
    }

    private func forward(_ frame: ServerFrame, at instant: Instant) {
        guard let index = index(of: frame) else { return }
        role.delegate?.client(self, received: frame, of: index, at: instant)
    }

    private func receive(subscription frame: ServerFrame, at instant: Instant) {
        guard let index = index(of: frame) else { return }
        let follower = followers[index]
        switch frame.kind {
        case .unsubscribed where follower.isOff: freePlace(index)
        case .unsubscribed:
            let why = frame["why"]?.string ?? ""
            run.recorder.error("unsubscribed \(why)")
            if why == "moved" || why == "unavailable" {
                follower.lose()
                isReady = false
                retrySubscription(index, after: Self.retryInterval)
            } else {
                follower.end(why)
            }
        case .subscribed:
            isReady = false
            let resets = follower.resets
            follower.subscribed(
                isResumed: frame["outcome"]?.says("resumed") ?? false, epoch: frame["epoch"]?.string ?? "",
                newest: frame["offset"]?.integer ?? 0)
            if follower.resets > resets { run.recorder.count("resets") }
        default:
            follower.snapshot(epoch: frame["epoch"]?.string ?? "", offset: frame["offset"]?.integer ?? 0)
            role.delegate?.client(self, received: frame, of: index, at: instant)
        }
        becomeReady(at: instant)
    }

    private func receive(goaway frame: ServerFrame) {
        isLeaving = true
        run.recorder.count("goaway")
        let delay = Duration.milliseconds(frame["reconnectAfterMs"]?.integer ?? 0)
        setTimer(delay) { client in client.reload() }
    }

    // MARK: Subscriptions

    /// Those have even identifiers.
    private func write(subscription index: Int, to writer: inout JSONWriter) {
        let follower = followers[index]
        writer.member("id", .integer(Int64(index) * 2))
        writer.member("session", .string(follower.record.name))
        if let position = follower.position {
            writer.member("from", ["epoch": .string(position.epoch), "offset": .integer(position.offset)])
        }
        if case .latest(let maxHz) = follower.mode {
            writer.member("mode", "latest")
            writer.member("maxHz", .double(maxHz))
        }
    }

    private func subscribe(_ index: Int) {
        guard !followers[index].isOff else { return }
        isReady = false
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", "subscribe")
        write(subscription: index, to: &writer)
        writer.endObject()
        followers[index].ask()
        socket?.send(text: writer.bytes)
    }

    private func retrySubscription(_ index: Int, after delay: Duration) {
        let socket = socket
        run.driver.loop.schedule(after: delay) { [weak self, weak socket] in
            // A new connection has asked by itself.
            guard let self, let socket, self.socket === socket, state == .welcomed else { return }
            subscribe(index)
        }
    }

    private func refused(subscription index: Int, _ fault: ServerFrame, _ code: Int) {
        guard followers.indices.contains(index) else { return }
        if code == Self.badPosition {
            followers[index].refusePosition()
            subscribe(index)
        } else if fault["retryable"]?.isTrue == true {
            followers[index].lose()
            let delay = fault["retryAfterMs"]?.integer.map(Duration.milliseconds) ?? Self.retryInterval
            retrySubscription(index, after: delay)
        } else {
            followers[index].end("fault \(code)")
        }
    }

    private static let badPosition = 2304

    // MARK: Commands

    private func send(_ index: Int) {
        guard !pending[index].isSent, !isLeaving else { return }
        pending[index].isSent = true
        socket?.send(text: pending[index].frame)
    }

    private func receive(answer frame: ServerFrame, at instant: Instant) {
        let code = Int(frame["code"]?.integer ?? 0)
        if frame.kind == .fault { run.recorder.error("fault \(code)") }
        guard let identifier = frame["id"]?.integer else { return }
        if identifier % 2 == 0 {
            if frame.kind == .fault { refused(subscription: Int(identifier / 2), frame, code) }
            return becomeReady(at: instant)
        }
        guard let index = pending.firstIndex(where: { $0.identifier == identifier }) else { return }
        if frame.kind == .fault, frame["retryable"]?.isTrue == true, pending[index].tries + 1 < Self.maxTries {
            return retry(index, frame)
        }
        let command = pending.remove(at: index)
        if pending.isEmpty { pending = [] }
        let outcome: CommandAnswer.Outcome
        if frame.kind == .ok, let offset = frame["offset"]?.integer {
            run.recorder.count("acknowledged")
            command.record.acknowledge(number: command.number, offset: offset, command: command.command)
            outcome = .ok(offset: offset)
        } else {
            run.recorder.count("refused")
            outcome = .fault(code: code)
        }
        role.delegate?.client(
            self,
            isAnswered: CommandAnswer(
                number: command.number, intended: command.intended, outcome: outcome, frame: frame),
            at: instant)
    }

    private func retry(_ index: Int, _ fault: ServerFrame) {
        pending[index].tries += 1
        pending[index].isSent = false
        let least = fault["retryAfterMs"]?.integer.map(Duration.milliseconds) ?? Self.retryInterval
        let identifier = pending[index].identifier
        run.driver.loop.schedule(after: least * (1 << Int(pending[index].tries - 1))) { [weak self] in
            guard let self, state == .welcomed, let index = pending.firstIndex(where: { $0.identifier == identifier })
            else { return }
            send(index)
        }
    }
}

internal import HTTP1
package import Primitives
internal import Proxies
package import Reactor
internal import WebSocket

/// One accepted socket: HTTP requests one after the other, or, after an upgrade, a WebSocket. Not an actor: it is confined
/// to its loop (hence `@unchecked Sendable`), and its protocol cores run to completion inside the loop's callbacks.
///
/// Output is gathered and written once: at the end of the connection's own callback what it wrote there, at the end of the
/// turn what came from elsewhere. Messages that are dealt out then leave at once, since nothing can join them.
///
/// Closures capture `self` strongly and are taken back by `close()`: a weak reference would give the object a side table,
/// which makes every later retain and release of it many times slower.
package final class Connection: Pollable, TurnEndObserver, RosterMember, @unchecked Sendable {
    private enum State {
        // An object: a connection that became a WebSocket does not keep the room, and a state is set without a copy.
        case http(RequestReader)
        case webSocket
        /// Ours is said; the peer's rest is read and thrown away until it ends or the time is over.
        case lingering
        case closed
    }

    private final class RequestReader {
        var decoder: HTTPRequestDecoder

        init(limits: HTTPLimits) { decoder = HTTPRequestDecoder(limits: limits) }
    }

    // What each delivery looks at stands first, together, and small things stand where they cost no padding.
    private var channel: Channel?
    /// Behind `isOpen`: what other modules see is loaded under a check of exclusive access, which costs more than a message's
    /// copy.
    private var isLive = true
    /// A WebSocket, and nobody has said Close.
    var takesMessages = false
    /// True inside the connection's own callback: small output goes to the group's write buffer.
    private var isGathering = false
    private var isFlushRequested = false
    private var isWriteBlocked = false
    private var isReadingAgain = false
    private var closesWhenFlushed = false
    private var registration: Registration?
    private var peerHasEnded = false
    /// In its group.
    package var place = RosterPlace()
    private var output = OutputQueue()
    package let group: ConnectionGroup
    /// The WebSocket that this connection became.
    package private(set) var webSocket: WebSocketPeer?
    package var loop: EventLoop { group.loop }
    package var isOpen: Bool { isLive }
    /// Numeric. Of a proxy that sent a PROXY protocol header, what that says; of a WebSocket, the client's as of the
    /// handshake (`HTTPExchange.peerAddress`).
    package private(set) var peerAddress: String
    /// Its place among those of its listener and of its address, until it is closed.
    private var slot: ConnectionSlot?
    private var state: State
    private var exchange: HTTPExchange?
    /// Reads the PROXY protocol header that the connection begins with; nil when none comes, or behind it.
    private var proxyHeader: ProxyHeaderDecoder?
    private var timer: ScheduledTimer?
    /// Runs while the peer does not take what is queued.
    private var writeTimer: ScheduledTimer?
    /// When the phase that has a deadline began: a request's first byte, its body, the idle time, the linger.
    private var phaseStart: Instant
    private var phaseBytes = 0

    init(channel: consuming Channel, peerAddress: String, slot: ConnectionSlot, group: ConnectionGroup) {
        self.channel = consume channel
        self.peerAddress = peerAddress
        self.slot = slot
        self.group = group
        state = .http(RequestReader(limits: group.configuration.http))
        if group.configuration.proxies.greets(peerAddress) { proxyHeader = ProxyHeaderDecoder() }
        phaseStart = group.loop.time.now
    }

    /// False when the loop cannot watch the socket; it is closed then.
    func open() -> Bool {
        guard let descriptor = channel.descriptor else { return false }
        do {
            registration = try loop.register(descriptor, for: .readable, self)
        } catch {
            channel = nil
            state = .closed
            isLive = false
            return false
        }
        schedule(after: group.configuration.headTimeout)
        return true
    }

    /// Bytes that the peer has not taken yet.
    package var unsentBytes: Int { output.byteCount + (isGathering ? group.writeBuffer.count : 0) }
    /// True between requests.
    package var isIdleHTTP: Bool {
        if case .http(let reader) = state { exchange == nil && reader.decoder.bufferedBytes == 0 } else { false }
    }

    // MARK: Reading

    package func becomeReady(_ readiness: Readiness) {
        // TLS may wait to write before it can read, and the other way round.
        let isCrossed =
            group.speaksTLS && (channel.receiveAwaits != .readable || channel.sendAwaits != .writable)
        if readiness.contains(.writable) || isCrossed { flush() }
        guard readiness.contains(.readable) || readiness.contains(.closed) || isCrossed else { return }
        isGathering = output.isEmpty
        read()
        if isGathering { sendGathered() }
    }

    private func read() {
        let buffer = loop.readBuffer
        let awaited = receiveAwaits
        guard let result = channel.receive(into: buffer) else { return }
        switch result {
        case .moved(let count): received(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        case .wouldBlock: break
        case .ended: ended()
        case .failed: if channel.isViolated { dropViolator() } else { close() }
        }
        guard group.speaksTLS else { return }
        if channel.hasUnread { readAgain() }
        if receiveAwaits != awaited { setInterest() }
    }

    private var receiveAwaits: Readiness { group.speaksTLS ? channel.receiveAwaits : .readable }

    /// Bytes that have left the kernel already, and are wanted, are read in the next turn.
    private func readAgain() {
        guard !isReadingAgain, !peerHasEnded, wantsToRead else { return }
        isReadingAgain = true
        loop.afterwards { [self] in
            isReadingAgain = false
            if wantsToRead { read() }
        }
    }

    /// The peer broke TLS. It was told by an alert, which a close with unread bytes would take back.
    private func dropViolator() {
        group.observer.violated("tls")
        output.removeAll()
        closesWhenFlushed = true
        let open = exchange
        exchange = nil
        open?.connectionClosed()
        linger()
    }

    /// What stands behind the PROXY protocol header; nil while it is not whole, or when it is none.
    private func behindProxyHeader(_ bytes: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer? {
        guard var decoder = proxyHeader else { return bytes }
        var rest = bytes[...]
        do {
            let header = try decoder.receive(&rest)
            proxyHeader = header == nil ? decoder : nil
            if case .client(let address) = header { peerAddress = address.description }
        } catch {
            group.observer.violated("proxy")
            close()
            return nil
        }
        return rest.isEmpty ? nil : UnsafeMutableRawBufferPointer(rebasing: rest)
    }

    private func received(_ bytes: UnsafeMutableRawBufferPointer) {
        if let webSocket { return webSocket.received(bytes) }
        guard let bytes = behindProxyHeader(bytes) else { return }
        switch state {
        case .http(let reader):
            reader.decoder.append(UnsafeRawBufferPointer(bytes).bytes)
            phaseBytes += bytes.count
            if exchange == nil, phaseBytes == bytes.count { phaseStart = loop.time.now }
            advance()
            // What waits behind an open request has a bound; beyond it the socket is left alone.
            if exchange != nil { setInterest() }
        case .webSocket, .lingering, .closed: break
        }
    }

    private func ended() {
        peerHasEnded = true
        switch state {
        case .http:
            // A half-closed client still waits for the answers to all that it sent.
            advance()
            setInterest()
        case .webSocket: webSocket?.transportEnded()
        case .lingering: close()
        case .closed: break
        }
    }

    // MARK: HTTP

    /// Takes the next request, if it is whole and none is being answered.
    private func advance() {
        guard exchange == nil, !closesWhenFlushed, case .http(let reader) = state else { return }
        do {
            if let request = try reader.decoder.next() { receive(request) } else { awaitMore(reader) }
        } catch {
            group.observer.violated("http")
            refuse(HTTPResponse(error))
        }
    }

    private func receive(_ request: HTTPRequest) {
        phaseBytes = 0
        timer?.cancel()
        timer = nil
        let exchange = HTTPExchange(request: request, connection: self)
        self.exchange = exchange
        group.receive(exchange)
        setInterest()
    }

    private func awaitMore(_ reader: RequestReader) {
        if reader.decoder.awaitsContinue {
            reader.decoder.clearAwaitedContinue()
            write(HTTPResponseEncoder.continueResponse)
        }
        if peerHasEnded { return closeWhenFlushed() }
        switch reader.decoder.phase {
        case .idle: schedule(after: group.configuration.keepAliveTimeout)
        case .head: schedule(at: phaseStart.advanced(by: group.configuration.headTimeout))
        case .body(let received): schedule(after: bodyAllowance(received))
        }
    }

    /// Time until the body must have made more progress: the grace, then bytes at the least rate.
    private func bodyAllowance(_ received: Int) -> Duration {
        let configuration = group.configuration
        let allowed =
            configuration.bodyGrace
            + .milliseconds(
                Int64(received) * 1000 / Int64(max(1, configuration.minBodyBytesPerSecond)))
        return phaseStart.advanced(by: allowed).since(loop.time.now)
    }

    /// The exchange's answer is written whole (`closes`: nothing may follow).
    func exchangeEnded(closes: Bool) {
        guard let exchange else { return }
        self.exchange = nil
        exchange.detach()
        if closes { return closeWhenFlushed() }
        phaseStart = loop.time.now
        phaseBytes = bufferedBytes
        setInterest()
        // Not from inside the receiver's call: pipelined requests must not deepen the stack.
        loop.afterwards { [self] in advance() }
    }

    private var bufferedBytes: Int { if case .http(let reader) = state { reader.decoder.bufferedBytes } else { 0 } }

    private func refuse(_ response: HTTPResponse) {
        var encoder = HTTPResponseEncoder(refusingAt: HTTPDate.format(loop.time.wallClock))
        write(encoder.whole(response))
        closeWhenFlushed()
    }

    /// Becomes a WebSocket. The bytes behind the request are frames already.
    func upgrade(
        response: [UInt8], receiver: any WebSocketReceiver, compression: NegotiatedCompression?,
        limits: WebSocketLimits?
    ) -> WebSocketPeer? {
        guard case .http(let reader) = state else { return nil }
        let peer = WebSocketPeer(
            connection: self, receiver: receiver, compression: compression,
            limits: limits ?? group.configuration.webSocket)
        peerAddress = exchange?.peerAddress ?? peerAddress
        let remainder = reader.decoder.takeRemainder()
        exchange?.detach()
        exchange = nil
        timer?.cancel()
        timer = nil
        state = .webSocket
        webSocket = peer
        takesMessages = true
        write(response)
        peer.start()
        setInterest()
        if !remainder.isEmpty {
            loop.afterwards { [self] in
                guard case .webSocket = state else { return }
                var frames = remainder
                frames.withUnsafeMutableBytes { peer.received($0) }
            }
        }
        return peer
    }

    // MARK: Writing

    /// Sends bytes, at the latest at the end of this turn. They may be shared: large ones are not copied.
    package func write(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard isLive, !closesWhenFlushed else { return }
        if isGathering {
            if bytes.withUnsafeBytes({ group.writeBuffer.append($0) }) { return }
            queueGathered()
        }
        queue(bytes)
    }

    /// Sends whole WebSocket frames at once, when nothing waits before them; false, and nothing is sent, otherwise. For
    /// messages to thousands: it looks at this object only.
    package func deliver(_ frames: [UInt8]) -> Bool {
        guard takesMessages, output.isEmpty, !isGathering else { return false }
        sendNow(frames)
        return true
    }

    /// Like `write`, of a frame around `payload`, which is copied.
    func write(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        guard isLive, !closesWhenFlushed else { return }
        if isGathering {
            if group.writeBuffer.append(opcode, payload) { return }
            queueGathered()
        }
        var frame: [UInt8] = []
        WebSocketEncoder.append(opcode, payload, to: &frame)
        queue(frame)
    }

    private func queue(_ bytes: [UInt8]) {
        let waiting = output.byteCount
        output.append(bytes, at: loop.time.now)
        // One answer may be large; a peer that leaves so much unread behind it is not reading.
        if waiting > 0, output.byteCount > group.configuration.maxOutputBytes {
            group.observer.violated("slow")
            return loop.afterwards { [self] in abort() }
        }
        requestFlush()
    }

    /// The rest of this callback's output does not fit the buffer: all of it goes through the queue.
    private func queueGathered() {
        isGathering = false
        let buffer = group.writeBuffer
        guard buffer.count > 0 else { return }
        queue(Array(buffer.bytes))
        buffer.removeAll()
    }

    private func sendGathered() {
        isGathering = false
        let buffer = group.writeBuffer
        guard buffer.count > 0 else { return closesWhenFlushed ? requestFlush() : () }
        defer { buffer.removeAll() }
        guard let result = channel.send(buffer.bytes) else { return }
        switch result {
        case .moved(buffer.count):
            if closesWhenFlushed { linger() } else { drained() }
        case .moved(let count): queueRest(Array(buffer.bytes[count...]))
        case .wouldBlock: queueRest(Array(buffer.bytes))
        case .failed, .ended: close()
        }
    }

    private func sendNow(_ bytes: [UInt8]) {
        guard let result = bytes.withUnsafeBytes({ channel.send($0) }) else { return }
        switch result {
        case .moved(bytes.count): break
        case .moved(let count): queueRest(bytes, skipping: count)
        case .wouldBlock: queueRest(bytes)
        // Not inside the deliverer's call.
        case .failed, .ended: loop.afterwards { [self] in close() }
        }
    }

    private func queueRest(_ bytes: [UInt8], skipping sent: Int = 0) {
        output.append(bytes, skipping: sent, at: loop.time.now)
        isWriteBlocked = true
        setInterest()
        watchWrites()
    }

    private func requestFlush() {
        guard !isFlushRequested, !isWriteBlocked, !isGathering, isLive else { return }
        isFlushRequested = true
        loop.atTurnEnd(self)
    }

    package func turnEnded() {
        isFlushRequested = false
        flush()
    }

    private func flush() {
        let before = output.byteCount
        guard let result = channel.flush(&output, at: loop.time.now) else { return }
        switch result {
        case .moved:
            isWriteBlocked = false
            setInterest()
            if closesWhenFlushed { linger() } else if before > 0 { drained() }
        case .wouldBlock:
            isWriteBlocked = true
            setInterest()
            watchWrites()
            if before != output.byteCount { drained() }
        case .failed, .ended: close()
        }
    }

    private func drained() {
        switch state {
        case .http: exchange?.outputDrained()
        case .webSocket: webSocket?.outputDrained()
        case .lingering, .closed: break
        }
    }

    /// A peer that takes nothing for too long is dropped. An open WebSocket has its own way of dealing with slow readers.
    private func watchWrites() {
        guard writeTimer == nil else { return }
        let idle = output.stallTime(at: loop.time.now)
        let timeout = group.configuration.writeTimeout
        writeTimer = loop.schedule(after: idle < timeout ? timeout - idle : timeout) { [self] in checkWrites() }
    }

    private func checkWrites() {
        writeTimer = nil
        guard isWriteBlocked, !output.isEmpty else { return }
        let isStuck = output.stallTime(at: loop.time.now) >= group.configuration.writeTimeout
        guard isStuck, webSocket == nil || closesWhenFlushed else { return watchWrites() }
        close()
    }

    private func setInterest() {
        guard let registration else { return }
        var interest = Readiness.nothing
        if isWriteBlocked { interest.formUnion(channel.sendAwaits) }
        if !peerHasEnded, wantsToRead { interest.formUnion(receiveAwaits) }
        loop.change(registration, to: interest)
        if group.speaksTLS, channel.hasUnread { readAgain() }
    }

    private var wantsToRead: Bool {
        guard exchange != nil, case .http(let reader) = state else { return true }
        return reader.decoder.bufferedBytes < group.configuration.maxPipelinedBytes
    }

    // MARK: Time

    private func schedule(after delay: Duration) { schedule(at: loop.time.now.advanced(by: delay)) }

    private func schedule(at deadline: Instant) {
        timer?.cancel()
        timer = loop.schedule(after: deadline.since(loop.time.now)) { [self] in deadlinePassed() }
    }

    private func deadlinePassed() {
        timer = nil
        switch state {
        case .http(let reader):
            guard exchange == nil else { return }
            switch reader.decoder.phase {
            // A large answer may take longer than the pause between two requests.
            case .idle: if output.isEmpty { close() } else { schedule(after: group.configuration.keepAliveTimeout) }
            case .head: refuse(.timedOut)
            case .body(let received):
                let rest = bodyAllowance(received)
                if rest > .zero { schedule(after: rest) } else { refuse(.timedOut) }
            }
        case .webSocket, .closed: break
        case .lingering: close()
        }
    }

    // MARK: Ending

    /// Sends what is queued, then ends the connection so that the peer sees it all.
    package func closeWhenFlushed() {
        guard isLive else { return }
        closesWhenFlushed = true
        takesMessages = false
        requestFlush()
    }

    private func linger() {
        if peerHasEnded { return close() }
        let peer = webSocket
        webSocket = nil
        peer?.detach()
        // The last word may have to wait for room in the kernel; the time for it does not begin anew then.
        isWriteBlocked = channel.shutdownWrite() == .wouldBlock
        if case .lingering = state { return setInterest() }
        state = .lingering
        schedule(after: group.configuration.lingerTimeout)
        setInterest()
    }

    /// Ends the connection now; unsent bytes are dropped.
    package func close() {
        guard isLive else { return }
        state = .closed
        isLive = false
        takesMessages = false
        timer?.cancel()
        timer = nil
        writeTimer?.cancel()
        writeTimer = nil
        // The close that follows takes the descriptor out of epoll.
        if let registration { loop.forget(registration) }
        registration = nil
        if output.isEmpty { channel.sayGoodbye() }
        channel = nil
        output.removeAll()
        if isGathering { group.writeBuffer.removeAll() }
        isGathering = false
        let open = exchange
        exchange = nil
        open?.connectionClosed()
        let peer = webSocket
        webSocket = nil
        peer?.connectionClosed()
        slot = nil
        group.release(self)
    }

    /// Like `close`, with a reset: the peer learns at once.
    package func abort() {
        channel.resetOnClose()
        close()
    }
}

extension HTTPResponse {
    /// The last answer to a peer that broke the protocol.
    fileprivate init(_ violation: HTTPViolation) { self.init(violation.status, detail: violation.detail) }

    fileprivate static var timedOut: HTTPResponse {
        HTTPResponse(.requestTimeout, detail: "The request did not come in time.")
    }

    /// A problem document (RFC 9457); `detail` is one of our own sentences.
    private init(_ status: HTTPStatus, detail: String) {
        let body = #"{"type":"about:blank","title":"\#(status.reason)","status":\#(status.code),"detail":"\#(detail)"}"#
        self.init(status: status, headers: ["Content-Type": "application/problem+json"], body: Array(body.utf8))
        headers.complete(with: .defensive)
    }
}

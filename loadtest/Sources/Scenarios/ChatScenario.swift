internal import JSON
internal import Primitives

/// Conversations without an advisor: each has a sender and subscribers. Measures the durable path, from a command to its
/// `ok` and to the event at each subscriber, and checks that nothing acknowledged is missing anywhere.
final class ChatScenario {
    /// A message that was sent: when it was meant to be, and where the server said it is.
    private struct Sent {
        let intended: Instant
        var offset: Int64?
    }

    private final class Subscriber {
        let client: VirtualClient
        var follower = LogFollower()
        /// Offsets by the message's number.
        var seen: [Int: Int64] = [:]
        var repeated = 0
        init(_ client: VirtualClient) { self.client = client }
    }

    /// After the last arrival.
    private static let drainTimeout = Duration.seconds(15)

    private let world: World
    private var senders: [VirtualClient] = []
    private var subscribers: [[Subscriber]] = []
    private var sent: [Sent] = []
    /// The message of each unanswered command, a conversation.
    private var waiting: [[Int64: Int]] = []
    private var acknowledgement = Histogram()
    private var delivery = Histogram()
    private var subscribed = 0
    private var acknowledged = 0
    private var deliveries = 0
    private var faults: [Int64: Int] = [:]
    private var closings: [String] = []
    private var lastAcknowledgement: Instant?

    init(_ world: World) { self.world = world }

    func run() throws(LoadFailure) -> ScenarioResult {
        let options = world.options
        try world.makeConversations(options.conversations, advisor: false)
        try connect()
        let schedule = ArrivalSchedule(
            start: world.driver.now.advanced(by: .milliseconds(50)), perSecond: Double(options.rate),
            count: options.rate * options.seconds)
        world.driver.run(schedule) { index, intended in send(index, intended) }
        let isDrained = world.driver.settle(atMost: Self.drainTimeout) { [self] in
            acknowledged + faults.values.reduce(0, +) == sent.count
                && deliveries >= acknowledged * options.subscribers
        }
        defer { drop() }
        return result(schedule, isDrained)
    }

    private func connect() throws(LoadFailure) {
        let options = world.options
        let clients = try world.connect(options.conversations * (1 + options.subscribers))
        for conversation in 0..<options.conversations {
            let first = conversation * (1 + options.subscribers)
            let sender = clients[first]
            sender.received = { [unowned self] in answer($0, $1, conversation) }
            sender.closed = { [unowned self] in closings.append($0) }
            senders.append(sender)
            waiting.append([:])
            subscribers.append(clients[(first + 1)..<(first + 1 + options.subscribers)].map(Subscriber.init))
            for subscriber in subscribers[conversation] {
                subscriber.client.received = { [unowned self] in deliver($0, $1, subscriber) }
                subscriber.client.closed = { [unowned self] in closings.append($0) }
                subscriber.client.subscribe(world.session(conversation))
            }
        }
        let wanted = options.conversations * options.subscribers
        try world.driver.wait(for: "\(wanted) snapshots", atMost: .seconds(30)) { [self] in subscribed == wanted }
    }

    private func send(_ index: Int, _ intended: Instant) {
        let conversation = index % world.options.conversations
        sent.append(Sent(intended: intended))
        let text = "load \(index) "
        let filler = String(repeating: "x", count: max(0, world.options.messageBytes - text.utf8.count))
        let id = senders[conversation].command(
            world.session(conversation), "message.send", key: "k\(index)", ["text": .string(text + filler)])
        waiting[conversation][id] = index
    }

    private func answer(_ frame: JSONValue, _ at: Instant, _ conversation: Int) {
        guard let id = frame["id"]?.integer, let index = waiting[conversation].removeValue(forKey: id) else { return }
        switch frame["type"]?.string {
        case "ok":
            acknowledged += 1
            sent[index].offset = frame["offset"]?.integer
            acknowledgement.record(at.since(sent[index].intended))
            lastAcknowledgement = at
        case "fault": faults[frame["code"]?.integer ?? 0, default: 0] += 1
        default: break
        }
    }

    private func deliver(_ frame: JSONValue, _ at: Instant, _ subscriber: Subscriber) {
        let wasSubscribed = subscriber.follower.isSubscribed
        let isNew = subscriber.follower.receive(frame)
        if !wasSubscribed, subscriber.follower.isSubscribed { subscribed += 1 }
        guard isNew, frame["name"]?.string == "message.created",
            let index = frame["data"]?["message"]?["text"]?.string.flatMap(Self.index), sent.indices.contains(index)
        else { return }
        if subscriber.seen.updateValue(frame["offset"]?.integer ?? 0, forKey: index) != nil { subscriber.repeated += 1 }
        deliveries += 1
        delivery.record(at.since(sent[index].intended))
    }

    private static func index(_ text: String) -> Int? {
        let words = text.split(separator: " ")
        return words.count >= 2 && words[0] == "load" ? Int(words[1]) : nil
    }

    private func result(_ schedule: ArrivalSchedule, _ isDrained: Bool) -> ScenarioResult {
        let options = world.options
        var result = ScenarioResult(
            name: "chat",
            title: "\(options.conversations) conversations with \(options.subscribers) subscribers each, "
                + "\(options.rate) messages/s for \(options.seconds) s",
            parameters: [
                "conversations": .integer(Int64(options.conversations)),
                "subscribers": .integer(Int64(options.subscribers)), "rate": .integer(Int64(options.rate)),
                "seconds": .integer(Int64(options.seconds)), "messageBytes": .integer(Int64(options.messageBytes)),
            ])
        let elapsed = lastAcknowledgement?.since(schedule.start).inSeconds ?? 0
        let all = subscribers.joined()
        result.figures = [
            ("sent", Double(sent.count)), ("acknowledged", Double(acknowledged)),
            ("acknowledged/s", elapsed > 0 ? Double(acknowledged) / elapsed : 0), ("delivered", Double(deliveries)),
            ("faults", Double(faults.values.reduce(0, +))),
            ("resets", Double(all.reduce(0) { $0 + $1.follower.resets })),
        ]
        result.latencies = [("acknowledgement", acknowledgement), ("delivery", delivery)]
        for (code, count) in faults.sorted(by: { $0.key < $1.key }) { result.violate("\(count) × fault \(code)") }
        for why in Set(closings) { result.violate("\(closings.filter { $0 == why }.count) × socket closed: \(why)") }
        if !isDrained {
            result.violate("not all was answered and delivered \(Self.drainTimeout.components.seconds) s later")
        }
        result.expectNone(all.reduce(0) { $0 + $1.follower.gaps }, "gaps in a subscriber's offsets")
        result.expectNone(all.reduce(0) { $0 + $1.follower.duplicates + $1.repeated }, "duplicates at a subscriber")
        result.expectNone(missing(), "acknowledged messages that a subscriber does not have at their offset")
        return result
    }

    private func missing() -> Int {
        var count = 0
        for (index, message) in sent.enumerated() {
            guard let offset = message.offset else { continue }
            for subscriber in subscribers[index % world.options.conversations] where subscriber.seen[index] != offset {
                count += 1
            }
        }
        return count
    }

    private func drop() {
        for client in senders + subscribers.joined().map(\.client) { client.drop() }
    }
}

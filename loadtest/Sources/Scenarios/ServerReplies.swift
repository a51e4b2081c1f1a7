internal import JSON
internal import Primitives

/// The replies through the server: one conversation and one socket a slot.
final class ServerReplies {
    private final class Slot {
        let client: VirtualClient
        let session: String
        var follower = LogFollower()
        var reply = ReplyFollower()
        var isOpen = false
        var intended = Instant(nanoseconds: 0)
        var last = Instant(nanoseconds: 0)
        init(_ client: VirtualClient, _ session: String) {
            self.client = client
            self.session = session
        }
    }

    private let world: World
    private let plan: ReplyPlan
    private var slots: [Slot] = []
    private var subscribed = 0
    private(set) var measurements = ReplyMeasurements()
    private(set) var acknowledgement = Histogram()
    private(set) var completed = 0
    private(set) var failures: [String: Int] = [:]

    init(_ world: World, _ plan: ReplyPlan) {
        self.world = world
        self.plan = plan
    }

    var misplacedDeltas: Int { slots.reduce(0) { $0 + $1.reply.misplaced } }
    var brokenOffsets: Int { slots.reduce(0) { $0 + $1.follower.gaps + $1.follower.duplicates } }

    func run() throws(LoadFailure) {
        try world.makeConversations(plan.slots, advisor: true)
        for (index, client) in try world.connect(plan.slots).enumerated() {
            let slot = Slot(client, world.session(index))
            client.received = { [unowned self] in receive($0, $1, slot) }
            client.closed = { [unowned self] in fail("socket closed: \($0)") }
            client.subscribe(slot.session)
            slots.append(slot)
        }
        defer { for slot in slots { slot.client.drop() } }
        try world.driver.wait(for: "\(plan.slots) snapshots", atMost: .seconds(30)) { [self] in subscribed == plan.slots
        }
        let start = world.driver.now.advanced(by: .milliseconds(50))
        measurements.measuresFrom = plan.measuresFrom(start)
        world.driver.run(plan.schedule(from: start, seconds: world.options.seconds)) { index, intended in
            ask(slots[index % plan.slots], index, intended)
        }
        world.driver.settle(atMost: plan.length + .seconds(15)) { [self] in measurements.atOnce == 0 }
    }

    private func ask(_ slot: Slot, _ index: Int, _ intended: Instant) {
        guard !slot.isOpen else {
            measurements.overruns += 1
            return
        }
        slot.isOpen = true
        slot.intended = intended
        measurements.start()
        slot.client.command(slot.session, "message.send", key: "k\(index)", ["text": "ช่วยวางแผนการเงินหน่อยค่ะ"])
    }

    private func receive(_ frame: JSONValue, _ at: Instant, _ slot: Slot) {
        let wasSubscribed = slot.follower.isSubscribed
        _ = slot.follower.receive(frame)
        if !wasSubscribed, slot.follower.isSubscribed { subscribed += 1 }
        switch frame["type"]?.string {
        case "ok": if slot.intended >= measurements.measuresFrom { acknowledgement.record(at.since(slot.intended)) }
        case "fault":
            fail("fault \(frame["code"]?.integer ?? 0) \(frame["name"]?.string ?? "")")
            end(slot)
        default: break
        }
        switch slot.reply.receive(frame) {
        case .none: break
        case .first:
            measurements.receiveFirst(at: at, intended: slot.intended, pace: plan.firstToken)
            slot.last = at
        case .more:
            measurements.receiveMore(at: at, last: slot.last, intended: slot.intended)
            slot.last = at
        case .ended(let ending):
            switch ending {
            case .completed: completed += 1
            case .differs: fail("reply.completed differs from its deltas")
            case .other(let name): fail(name)
            }
            end(slot)
        }
    }

    private func end(_ slot: Slot) {
        guard slot.isOpen else { return }
        slot.isOpen = false
        measurements.end()
    }

    private func fail(_ what: String) { failures[what, default: 0] += 1 }
}

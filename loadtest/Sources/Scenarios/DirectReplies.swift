internal import HTTP1
internal import JSON
internal import Primitives

/// The same replies straight from the stand-in, over kept-alive connections: what the server's own share is measured
/// against.
final class DirectReplies {
    private final class Slot {
        let channel: HTTPChannel
        var intended = Instant(nanoseconds: 0)
        var last: Instant?
        /// The end of a line that is not whole yet.
        var rest: [UInt8] = []
        init(_ channel: HTTPChannel) { self.channel = channel }
    }

    private let world: World
    private let plan: ReplyPlan
    private var slots: [Slot] = []
    private(set) var measurements = ReplyMeasurements()
    private(set) var failures: [String] = []

    init(_ world: World, _ plan: ReplyPlan) {
        self.world = world
        self.plan = plan
    }

    func run() throws(LoadFailure) {
        let target = try HTTPChannel.target("/openai/v1/chat/completions")
        for _ in 0..<plan.slots { slots.append(Slot(try HTTPChannel(to: world.facts.standins, driver: world.driver))) }
        defer { for slot in slots { slot.channel.close() } }
        try world.driver.wait(for: "connections to the stand-in", atMost: .seconds(30)) { [self] in
            slots.allSatisfy { $0.channel.isOpen || $0.channel.isBroken }
        }
        let start = world.driver.now.advanced(by: .milliseconds(50))
        measurements.measuresFrom = plan.measuresFrom(start)
        world.driver.run(plan.schedule(from: start, seconds: world.options.seconds)) { index, intended in
            ask(slots[index % plan.slots], target, intended)
        }
        world.driver.settle(atMost: plan.length + .seconds(10)) { [self] in measurements.atOnce == 0 }
    }

    /// About what the server asks with.
    private static let question: JSONValue = [
        "model": "gpt-4o-mini", "temperature": 0.7, "max_tokens": 500, "stream": true,
        "stream_options": ["include_usage": true],
        "messages": [
            ["role": "system", "content": "You are a careful financial advisor. Answer in Thai."],
            ["role": "user", "content": "รายได้ผมประมาณ 45,000 บาทครับ"],
        ],
    ]

    private func ask(_ slot: Slot, _ target: HTTPTarget, _ intended: Instant) {
        guard !slot.channel.isBusy else {
            measurements.overruns += 1
            return
        }
        slot.intended = intended
        slot.last = nil
        slot.rest = []
        measurements.start()
        slot.channel.send(.post, target, body: Self.question, token: Secret("load")) { [unowned self] event in
            switch event {
            case .part(.head(let status, _)): if status != .ok { failures.append("the stand-in answered \(status)") }
            case .part(.content(let bytes)): receive(bytes, slot)
            case .part(.end): measurements.end()
            case .failed(let why):
                failures.append(why)
                measurements.end()
            }
        }
    }

    private func receive(_ bytes: [UInt8], _ slot: Slot) {
        let now = world.driver.now
        slot.rest += bytes
        var lines = slot.rest.split(separator: 0x0A, omittingEmptySubsequences: false)
        slot.rest = lines.popLast().map(Array.init) ?? []
        guard lines.contains(where: Self.holdsText) else { return }
        if let last = slot.last {
            measurements.receiveMore(at: now, last: last, intended: slot.intended)
        } else {
            measurements.receiveFirst(at: now, intended: slot.intended, pace: plan.firstToken)
        }
        slot.last = now
    }

    /// Looks for `"content":"` with something behind it, without parsing: the client must not be what is measured.
    private static func holdsText(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.starts(with: prefix) else { return false }
        var index = line.startIndex + prefix.count
        while index + member.count < line.endIndex {
            if line[index] == member[0], line[index..<(index + member.count)].elementsEqual(member) {
                return line[index + member.count] != UInt8(ascii: "\"")
            }
            index += 1
        }
        return false
    }

    private static let prefix = Array("data: {".utf8)
    private static let member = Array("\"content\":\"".utf8)
}

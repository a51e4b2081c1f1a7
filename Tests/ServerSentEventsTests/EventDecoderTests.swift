import JSON
import ServerSentEvents
import TestSupport
import Testing

@Suite("Event stream interpretation (WHATWG HTML §9.2.6)")
struct EventDecoderTests {
    /// All that came of a stream.
    private struct Outcome: Equatable {
        var events: [ServerSentEvent] = []
        var stray: [[UInt8]] = []
        var violation: EventStreamViolation?
        var lastEventID = ""
        var reconnectionTime: Duration?
        var remainder: EventDecoder.Remainder?
    }

    private func decode(_ segments: [ArraySlice<UInt8>], _ limits: EventStreamLimits) -> Outcome {
        var decoder = EventDecoder(limits: limits)
        var outcome = Outcome()
        for segment in segments {
            do throws(EventStreamViolation) {
                try decoder.receive(Array(segment)) { item in
                    switch item {
                    case .event(let event): outcome.events.append(event)
                    case .stray(let line): outcome.stray.append(line)
                    }
                }
            } catch {
                #expect(outcome.violation == nil, "a violation is thrown once")
                outcome.violation = error
            }
            #expect(decoder.bufferedBytes <= limits.maxLineBytes + limits.maxEventBytes)
        }
        outcome.lastEventID = decoder.lastEventID
        outcome.reconnectionTime = decoder.reconnectionTime
        outcome.remainder = decoder.end()
        return outcome
    }

    private func expected(_ vector: EventStreamVector) throws -> Outcome {
        let expect = try #require(vector["expect"])
        var outcome = Outcome()
        outcome.events = try #require(expect["events"]?.array).map { event in
            ServerSentEvent(
                type: try #require(event["type"]?.string),
                data: try EventStreamVector.bytes(try #require(event["data"])),
                lastEventID: try #require(event["lastEventID"]?.string))
        }
        outcome.stray = try #require(expect["stray"]?.array).map(EventStreamVector.bytes)
        outcome.lastEventID = expect["lastEventID"]?.string ?? ""
        outcome.reconnectionTime = expect["retryMilliseconds"]?.integer.map { .milliseconds($0) }
        let rest = expect["remainder"]
        outcome.remainder = EventDecoder.Remainder(
            line: try rest?["line"].map(EventStreamVector.bytes) ?? [],
            data: try rest?["data"].flatMap { $0.isNull ? nil : try EventStreamVector.bytes($0) })
        switch expect["violation"]?.string {
        case "lineTooLong": outcome.violation = .lineTooLong
        case "eventTooLarge": outcome.violation = .eventTooLarge
        case nil: break
        default: throw EventStreamVector.Malformed(description: "\(vector.name): no such violation")
        }
        return outcome
    }

    private func limits(_ vector: EventStreamVector) -> EventStreamLimits {
        var limits = EventStreamLimits()
        if let bytes = vector["limits"]?["maxLineBytes"]?.integer { limits.maxLineBytes = Int(bytes) }
        if let bytes = vector["limits"]?["maxEventBytes"]?.integer { limits.maxEventBytes = Int(bytes) }
        return limits
    }

    @Test("what a stream says, however it is cut", arguments: try EventStreamVector.load("streams"))
    func streams(_ vector: EventStreamVector) throws {
        let expected = try expected(vector)
        let input = try EventStreamVector.bytes(try #require(vector["input"]))
        let limits = limits(vector)
        #expect(try DecoderVerifier.outcome(of: input) { decode($0, limits) } == expected, "\(vector.name)")
    }

    @Test("an event is reported with its blank line's first byte, without waiting for the rest of a CRLF")
    func earliest() throws {
        var decoder = EventDecoder()
        var events = 0
        try decoder.receive(Array("data: x\r\n\r".utf8)) { _ in events += 1 }
        #expect(events == 1)
        try decoder.receive(Array("\n".utf8)) { _ in events += 1 }
        #expect(events == 1)
    }

    @Test("nothing is decoded behind the end")
    func ended() throws {
        var decoder = EventDecoder()
        try decoder.receive(Array("data: x\nda".utf8)) { _ in }
        #expect(decoder.end() == EventDecoder.Remainder(line: Array("da".utf8), data: Array("x".utf8)))
        #expect(decoder.bufferedBytes == 0)
        var items = 0
        try decoder.receive(Array("\n\ndata: y\n\n".utf8)) { _ in items += 1 }
        #expect(items == 0)
    }

    @Test("random bytes never break the bounds or depend on the cut", arguments: 0..<60 as Range<UInt64>)
    func random(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var limits = EventStreamLimits()
        limits.maxLineBytes = 60
        limits.maxEventBytes = 100
        let words = [
            "data", "data:", "id: 7", "event:e", "retry:5", ":", "\n", "\r", "\r\n", "\n\n", "\u{FEFF}", " ", "ก", "{",
        ]
        for _ in 0..<20 {
            var stream: [UInt8] = []
            for _ in 0..<Int.random(in: 0...80, using: &random) {
                stream += Array((words.randomElement(using: &random) ?? "").utf8)
                if Int.random(in: 0...9, using: &random) == 0 { stream.append(.random(in: 0...255, using: &random)) }
            }
            let whole = decode([stream[...]], limits)
            #expect(whole == decode(stream.indices.map { stream[$0...$0] }, limits), "seed \(seed)")
            for event in whole.events { #expect(event.data.count <= limits.maxEventBytes) }
        }
    }
}

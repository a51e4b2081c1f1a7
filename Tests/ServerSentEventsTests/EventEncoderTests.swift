import JSON
import ServerSentEvents
import Testing

@Suite("Event streams as we write them (WHATWG HTML §9.2.5)")
struct EventEncoderTests {
    @Test("events, comments, retry", arguments: try EventStreamVector.load("written"))
    func written(_ vector: EventStreamVector) throws {
        let expected = try #require(vector["expect"]?.string)
        let out: [UInt8] =
            if let comment = vector["comment"]?.string {
                EventEncoder.comment(comment)
            } else if let milliseconds = vector["retryMilliseconds"]?.integer {
                EventEncoder.retry(.milliseconds(milliseconds))
            } else {
                EventEncoder.event(
                    data: Array(try #require(vector["data"]?.string).utf8), id: vector["id"]?.string,
                    name: vector["event"]?.string)
            }
        #expect(String(decoding: out, as: UTF8.self) == expected)
    }

    @Test("a retry is never negative, in parts of a millisecond, or out of range")
    func retry() {
        #expect(EventEncoder.retry(.seconds(-5)) == Array("retry: 0\n\n".utf8))
        #expect(EventEncoder.retry(.microseconds(1_500)) == Array("retry: 2\n\n".utf8))
        #expect(EventEncoder.retry(.seconds(Int64.max)) == Array("retry: 31536000000\n\n".utf8))
    }

    @Test("what is written is read, whatever the data", arguments: 0..<40 as Range<UInt64>)
    func roundTrip(_ seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let alphabet = ["a", "ก", "😀", ":", " ", "\n", "\r", "\r\n", "data:", "\0", "{\"a\":1}"]
        for _ in 0..<50 {
            let data = (0..<Int.random(in: 0...12, using: &random))
                .map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
            var decoder = EventDecoder()
            var items: [EventDecoder.Item] = []
            let out = EventEncoder.event(data: Array(data.utf8), id: "b7:9", name: "delta")
            try decoder.receive(out) { items.append($0) }
            // CR and CRLF arrive as LF.
            var lines: [UInt8] = []
            var wasReturn = false
            for byte in data.utf8 {
                if !(byte == 0x0A && wasReturn) { lines.append(byte == 0x0D ? 0x0A : byte) }
                wasReturn = byte == 0x0D
            }
            let event = ServerSentEvent(type: "delta", data: lines, lastEventID: "b7:9")
            #expect(items == [.event(event)], "seed \(seed): \(data.debugDescription)")
        }
    }
}

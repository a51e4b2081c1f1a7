import Testing
import WebSocket

@Suite("Round trips, by seed")
struct RoundTripTests {
    /// A random conversation in one direction: the stream, and what it says.
    private struct Stream {
        var bytes: [UInt8] = []
        var says: [Received] = []
        private let isClient: Bool

        init(from sender: WebSocketRole, _ random: inout SplitMix) {
            isClient = sender == .client
            for _ in 0..<random.integer(1...12) { appendMessage(&random) }
            if random.integer(0...2) == 0 { appendClose(&random) }
        }

        private mutating func append(
            _ opcode: Opcode, _ payload: some Sequence<UInt8>, isFinal: Bool = true, _ random: inout SplitMix
        ) {
            let key = isClient ? MaskingKey(UInt32.random(in: 0...(.max), using: &random)) : nil
            Array(payload).withUnsafeBytes {
                WebSocketEncoder.append(opcode, $0, isFinal: isFinal, key: key, to: &bytes)
            }
        }

        private mutating func appendMessage(_ random: inout SplitMix) {
            let isText = random.integer(0...1) == 0
            let size = [0, 3, 40, 200, 3_000, 30_000][random.integer(0...5)]
            let payload = isText ? random.text(size / 3) : random.bytes(size)
            let fragments = random.pieces(of: payload, upTo: random.integer(0...1) == 0 ? 60_000 : max(1, size / 3))
            for (index, fragment) in fragments.enumerated() {
                let opcode = index > 0 ? .continuation : isText ? Opcode.text : .binary
                append(opcode, fragment, isFinal: index == fragments.count - 1, &random)
                if random.integer(0...3) == 0, index < fragments.count - 1 { appendControl(&random) }
            }
            if fragments.isEmpty { append(isText ? .text : .binary, [], &random) }
            says.append(isText ? .text(payload) : .binary(payload))
            if random.integer(0...3) == 0 { appendControl(&random) }
        }

        private mutating func appendControl(_ random: inout SplitMix) {
            let payload = random.bytes(random.integer(0...125))
            let isPing = random.integer(0...1) == 0
            append(isPing ? .ping : .pong, payload, &random)
            says.append(isPing ? .ping(payload) : .pong(payload))
        }

        private mutating func appendClose(_ random: inout SplitMix) {
            let reason = random.text(random.integer(0...30))
            append(.close, [0x0F, 0xA0] + reason, &random)
            says.append(.close(4000, reason: reason))
        }
    }

    @Test("what one side writes the other reads, in random pieces", arguments: 0..<60 as Range<UInt64>)
    func roundTrip(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        for (sender, receiver) in [(WebSocketRole.client, WebSocketRole.server), (.server, .client)] {
            let stream = Stream(from: sender, &random)
            for most in [3, 200, 70_000] {
                let outcome = decode(random.pieces(of: stream.bytes, upTo: most), role: receiver)
                #expect(outcome == Outcome(received: stream.says), "seed \(seed), pieces up to \(most)")
            }
            let wrongSide = decode([stream.bytes[...]], role: sender)
            #expect(wrongSide.violation == (sender == .client ? .maskedFrame : .unmaskedFrame), "seed \(seed)")
        }
    }

    @Test("masking twice is nothing, whatever the cut", arguments: 0..<20 as Range<UInt64>)
    func masking(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let key = UInt32.random(in: 0...(.max), using: &random)
        for count in Array(0...70) + [1_000] {
            let payload = random.bytes(count)
            let frame = WebSocketEncoder.masked(.binary, payload, key: MaskingKey(key))
            let masked = payload.enumerated().map { $1 ^ UInt8(truncatingIfNeeded: key >> UInt32($0 % 4 * 8)) }
            #expect(Array(frame.suffix(count)) == masked, "seed \(seed), \(count) bytes")
            let outcome = decode(random.pieces(of: frame, upTo: 5), role: .server)
            #expect(outcome == Outcome(received: [.binary(payload)]), "seed \(seed), \(count) bytes")
        }
    }
}

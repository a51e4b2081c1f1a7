import Testing
import WebSocket

@Suite("Hostile streams, by seed")
struct HostileStreamTests {
    private let limits: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1_000
        limits.maxFragments = 20
        limits.maxConsecutiveEmptyFragments = 4
        return limits
    }()

    /// A frame with a header that may be anything, and a payload that may have another length.
    private func frame(_ random: inout SplitMix, isMasked: Bool) -> [UInt8] {
        let opcodes: [UInt8] = [0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8A]
        var first = opcodes[random.integer(0...(opcodes.count - 1))]
        if random.integer(0...30) == 0 { first = UInt8(random.integer(0...255)) }
        let mask: UInt8 = isMasked == (random.integer(0...40) != 0) ? 0x80 : 0
        let length = [0, 1, 2, 30, 125, 126, 400, 999, 1_000, 1_001, 70_000][random.integer(0...10)]
        var out = [first]
        switch length {
        case ..<126: out.append(mask | UInt8(length))
        case ..<65_536: out += [mask | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
        default: out += [mask | 127] + random.bytes(random.integer(7...8))
        }
        if mask != 0 { out += random.bytes(4) }
        return out + random.bytes(random.integer(0...9) == 0 ? random.integer(0...200) : min(length, 1_100))
    }

    private func check(_ stream: [UInt8], _ role: WebSocketRole, _ seed: UInt64, _ random: inout SplitMix) {
        let whole = decode([stream[...]], role: role, limits: limits)
        let bytewise = decode(pieces(of: stream, 1), role: role, limits: limits)
        let cut = decode(random.pieces(of: stream, upTo: 300), role: role, limits: limits)
        #expect(whole == bytewise, "seed \(seed)")
        #expect(whole == cut, "seed \(seed)")
        for outcome in [whole, bytewise, cut] {
            #expect(outcome.mostBuffered <= limits.maxMessageBytes + 125 + 14, "seed \(seed)")
            for received in outcome.received {
                switch received {
                case .text(let text):
                    #expect(text.count <= limits.maxMessageBytes && String(validating: text, as: UTF8.self) != nil)
                case .binary(let bytes): #expect(bytes.count <= limits.maxMessageBytes)
                case .ping(let bytes), .pong(let bytes): #expect(bytes.count <= 125)
                case .close(_, let reason): #expect(reason.count <= 123)
                }
            }
        }
    }

    @Test("random bytes", arguments: 0..<40 as Range<UInt64>)
    func randomBytes(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        for role in [WebSocketRole.server, .client] {
            for _ in 0..<20 { check(random.bytes(random.integer(0...400)), role, seed, &random) }
        }
    }

    @Test("frames with wrong parts", arguments: 0..<150 as Range<UInt64>)
    func randomFrames(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        for role in [WebSocketRole.server, .client] {
            let frames = (0..<random.integer(1...12)).flatMap { _ in frame(&random, isMasked: role == .server) }
            check(frames, role, seed, &random)
        }
    }

    @Test("good streams with a few changed bytes", arguments: 0..<60 as Range<UInt64>)
    func mutated(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var stream: [UInt8] = []
        for _ in 0..<8 {
            let payload = random.text(random.integer(0...60))
            let key = MaskingKey(UInt32.random(in: 0...(.max), using: &random))
            stream += WebSocketEncoder.masked(.text, payload, key: key)
        }
        for _ in 0..<random.integer(1...3) {
            stream[random.integer(0...(stream.count - 1))] ^= 1 << UInt8(random.integer(0...7))
        }
        check(stream, .server, seed, &random)
    }
}

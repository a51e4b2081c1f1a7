import Testing
import WebSocket

@Suite("Compressed messages (RFC 7692 §7.2)")
struct CompressionTests {
    private let key = MaskingKey(0x8F01_55FE)

    private func compression(
        _ parameters: CompressionParameters = CompressionParameters(), role: WebSocketRole = .server,
        pool: CompressionPool = CompressionPool()
    ) -> NegotiatedCompression { NegotiatedCompression(parameters, role: role, pool: pool) }

    /// A client's compressed message in frames of at most `most` bytes.
    private func masked(
        _ payload: [UInt8], isText: Bool, by compression: NegotiatedCompression, most: Int = .max
    ) -> [UInt8] {
        let compressed = payload.withUnsafeBytes { compression.compress($0) }
        var out: [UInt8] = []
        for start in stride(from: 0, to: compressed.count, by: min(most, compressed.count)) {
            let end = start + min(most, compressed.count - start)
            compressed[start..<end].withUnsafeBytes {
                WebSocketEncoder.append(
                    start > 0 ? .continuation : isText ? .text : .binary, $0, isFinal: end == compressed.count,
                    isCompressed: start == 0, key: key, to: &out)
            }
        }
        return out
    }

    @Test(
        "what one side compresses the other reads, with and without contexts, in random pieces",
        arguments: 0..<30 as Range<UInt64>, [false, true])
    func roundTrip(_ seed: UInt64, _ keepsContext: Bool) {
        var random = SplitMix(seed: seed)
        let bits = UInt8(random.integer(9...15))
        let parameters = CompressionParameters(
            serverKeepsContext: keepsContext, clientKeepsContext: keepsContext, serverWindowBits: bits)
        let server = compression(parameters)
        let client = compression(parameters, role: .client)
        var toServer: [UInt8] = []
        var toClient: [UInt8] = []
        var says: [Received] = []
        for _ in 0..<random.integer(1...8) {
            let isText = random.integer(0...1) == 0
            let size = [0, 1, 40, 600, 20_000, 60_000][random.integer(0...5)]
            let payload = isText ? random.text(size / 3) : random.bytes(size)
            toServer += masked(payload, isText: isText, by: client, most: random.integer(60...9_000))
            toClient += payload.withUnsafeBytes {
                WebSocketEncoder.compressed(isText ? .text : .binary, $0, by: server)
            }
            says.append(isText ? .text(payload) : .binary(payload))
        }
        for most in [7, 900, 100_000] {
            let atServer = decode(random.pieces(of: toServer, upTo: most), role: .server, deflate: parameters)
            #expect(atServer == Outcome(received: says), "seed \(seed), pieces up to \(most)")
            let atClient = decode(random.pieces(of: toClient, upTo: most), role: .client, deflate: parameters)
            #expect(atClient == Outcome(received: says), "seed \(seed), pieces up to \(most)")
        }
    }

    @Test("a context makes the second message smaller, and no context leaves it as it is")
    func contexts() {
        let text = Array("the same text twice, of which a window remembers the first".utf8)
        let without = compression()
        let with = compression(CompressionParameters(serverKeepsContext: true))
        let sizes = [without, with].map { compression in
            (0..<2).map { _ in text.withUnsafeBytes { compression.compress($0) }.count }
        }
        #expect(sizes[0][0] == sizes[0][1])
        #expect(sizes[1][0] == sizes[0][0])
        #expect(sizes[1][1] < 10)
        #expect(without.sharesFrames)
        #expect(!with.sharesFrames)
        #expect(!compression(CompressionParameters(serverWindowBits: 10)).sharesFrames)
        #expect(compression(CompressionParameters(serverWindowBits: 15)).sharesFrames)
    }

    @Test("a window is as small as was negotiated", arguments: CompressionParameters.writableWindowBits)
    func window(_ bits: UInt8) {
        // The second half repeats the first from exactly 2^bits + 1 bytes before: out of the window's reach.
        var random = SplitMix(seed: 1)
        let half = random.bytes(1 << Int(bits) + 1)
        let compression = compression(CompressionParameters(serverWindowBits: bits))
        let far = (half + half).withUnsafeBytes { compression.compress($0) }
        #expect(far.count > 2 * half.count)
        let near = Array(half.prefix(100) + half.prefix(100)).withUnsafeBytes { compression.compress($0) }
        #expect(near.count < 130)
    }

    @Test("small messages are not worth it")
    func threshold() {
        let compression = compression()
        #expect(!compression.compresses(511))
        #expect(compression.compresses(512))
        let always = NegotiatedCompression(
            CompressionParameters(), role: .server, pool: CompressionPool(), minMessageBytes: 0)
        #expect(always.compresses(0))
    }

    @Test("messages of many connections that come in pieces at the same time do not mix")
    func interleaved() throws {
        let pool = CompressionPool()
        let client = compression(role: .client)
        let texts = (0..<20).map { index in Array(String(repeating: "text \(index) ", count: 100).utf8) }
        let streams = texts.map { masked($0, isText: true, by: client) }
        var decoders = texts.map { _ in
            WebSocketDecoder(role: .server, compression: NegotiatedCompression(.init(), role: .server, pool: pool))
        }
        var recorders = texts.map { _ in Recorder() }
        for _ in 0..<2 {
            for position in 0..<(streams.map(\.count).max() ?? 0) {
                for index in streams.indices where position < streams[index].count {
                    var byte = streams[index][position]
                    try withUnsafeMutableBytes(of: &byte) { try decoders[index].receive($0, into: &recorders[index]) }
                }
            }
        }
        #expect(recorders.map(\.received) == texts.map { [.text($0), .text($0)] })
    }

    @Test("an inflater that a broken message left does not spoil the next one")
    func afterViolation() {
        let pool = CompressionPool()
        let good = masked(Array("good".utf8), isText: true, by: compression(role: .client))
        var broken = good
        broken[6] = 0xFF
        for _ in 0..<20 {
            #expect(decode([broken[...]], role: .server, deflate: .init(), pool: pool).violation == .invalidCompression)
            #expect(
                decode([good[...]], role: .server, deflate: .init(), pool: pool).received == [.text(Array("good".utf8))]
            )
        }
    }

    @Test("a bomb is stopped at the limit, long before its end, and holds no more than the limit")
    func bomb() {
        // 16 MiB of zeros in one frame of some 16 KiB.
        var policy = CompressionPolicy()
        policy.level = 9
        let zeros = [UInt8](repeating: 0, count: 16 << 20)
        let attacker = compression(role: .client, pool: CompressionPool(policy: policy))
        let stream = masked(zeros, isText: false, by: attacker)
        #expect(stream.count < 20_000)
        let limits = WebSocketLimits()
        let whole = decode([stream[...]], role: .server, limits: limits, deflate: .init())
        #expect(whole == Outcome(violation: .messageTooBig))
        let early = decode([stream.prefix(400)], role: .server, limits: limits, deflate: .init())
        #expect(early == Outcome(violation: .messageTooBig))
        let bytewise = decode(pieces(of: Array(stream.prefix(400)), 1), role: .server, limits: limits, deflate: .init())
        #expect(bytewise == Outcome(violation: .messageTooBig))
        #expect(bytewise.mostBuffered <= limits.maxMessageBytes + 14)
        #expect(bytewise.mostBuffered > limits.maxMessageBytes / 2)
    }

    @Test("a message as large as there may be, and one byte more", arguments: [1_000, 65_536, 300_000])
    func limit(_ most: Int) {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = most
        var random = SplitMix(seed: UInt64(most))
        for isRandom in [false, true] {
            let payload = isRandom ? random.bytes(most) : [UInt8](repeating: 0x61, count: most)
            let client = compression(role: .client)
            let fits = masked(payload, isText: false, by: client)
            #expect(
                decode([fits[...]], role: .server, limits: limits, deflate: .init())
                    == Outcome(received: [.binary(payload)]))
            let tooLong = masked(payload + [0x61], isText: false, by: client)
            #expect(
                decode([tooLong[...]], role: .server, limits: limits, deflate: .init())
                    == Outcome(violation: .messageTooBig))
        }
    }

    @Test("changed bytes of compressed messages", arguments: 0..<200 as Range<UInt64>, [false, true])
    func mutated(_ seed: UInt64, _ keepsContext: Bool) {
        var random = SplitMix(seed: seed)
        let parameters = CompressionParameters(clientKeepsContext: keepsContext)
        let client = compression(parameters, role: .client)
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1_500
        var stream: [UInt8] = []
        for _ in 0..<5 {
            stream += masked(random.text(random.integer(0...500)), isText: true, by: client, most: 90)
        }
        for _ in 0..<random.integer(1...4) {
            stream[random.integer(0...(stream.count - 1))] ^= 1 << UInt8(random.integer(0...7))
        }
        let whole = decode([stream[...]], role: .server, limits: limits, deflate: parameters)
        let bytewise = decode(pieces(of: stream, 1), role: .server, limits: limits, deflate: parameters)
        let cut = decode(random.pieces(of: stream, upTo: 300), role: .server, limits: limits, deflate: parameters)
        #expect(whole == bytewise, "seed \(seed)")
        #expect(whole == cut, "seed \(seed)")
        for outcome in [whole, bytewise, cut] {
            #expect(outcome.mostBuffered <= limits.maxMessageBytes + 125 + 14, "seed \(seed)")
            for case .text(let text) in outcome.received {
                #expect(text.count <= limits.maxMessageBytes && String(validating: text, as: UTF8.self) != nil)
            }
        }
    }

    @Test("random bytes as compressed payloads", arguments: 0..<100 as Range<UInt64>)
    func hostile(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 2_000
        for _ in 0..<20 {
            var stream: [UInt8] = []
            random.bytes(random.integer(0...120)).withUnsafeBytes {
                WebSocketEncoder.append(.binary, $0, isCompressed: true, key: key, to: &stream)
            }
            let whole = decode([stream[...]], role: .server, limits: limits, deflate: .init())
            let bytewise = decode(pieces(of: stream, 1), role: .server, limits: limits, deflate: .init())
            #expect(whole == bytewise, "seed \(seed)")
            #expect(bytewise.mostBuffered <= limits.maxMessageBytes + 14)
        }
    }
}

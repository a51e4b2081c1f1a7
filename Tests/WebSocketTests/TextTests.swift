import JSON
import Testing
import WebSocket

@Suite("UTF-8 (RFC 6455 §8.1, RFC 3629)")
struct TextTests {
    private func accepts(_ segments: [ArraySlice<UInt8>]) -> Bool {
        var validator = UTF8Validator()
        for segment in segments where !Array(segment).withUnsafeBytes({ validator.consume($0) }) { return false }
        return validator.isComplete
    }

    @Test("what is a text and what is not, however it is cut", arguments: try WebSocketVector.load("text"))
    func texts(_ vector: WebSocketVector) throws {
        let text = try vector.bytes("input")
        let isValid = vector["valid"]?.bool
        for (name, segments) in segmentations(of: text) {
            #expect(accepts(segments) == isValid, "\(vector.name): \(name)")
        }
    }

    @Test("an invalid byte is refused when it comes", arguments: try WebSocketVector.load("text"))
    func earliestByte(_ vector: WebSocketVector) throws {
        let text = try vector.bytes("input")
        guard vector["valid"]?.bool == false else { return }
        let known = vector["knownAfterBytes"]?.integer.map(Int.init)
        for (name, segments) in segmentations(of: text) {
            var validator = UTF8Validator()
            var seen = 0
            var refused: Int?
            for segment in segments where refused == nil {
                seen += segment.count
                if !Array(segment).withUnsafeBytes({ validator.consume($0) }) { refused = seen }
            }
            // The end of the segment that brings the byte.
            let expected = known.map { known in
                segments.reduce(into: (end: 0, found: Int?.none)) { state, segment in
                    state.end += segment.count
                    if state.found == nil, state.end >= known { state.found = state.end }
                }.found
            }
            #expect(refused == expected ?? nil, "\(vector.name): \(name)")
            if known == nil { #expect(!validator.isComplete, "\(vector.name): \(name)") }
        }
    }

    @Test(
        "in messages: one frame, fragments, and a frame that is not whole", arguments: try WebSocketVector.load("text"))
    func messages(_ vector: WebSocketVector) throws {
        let text = try vector.bytes("input")
        let isValid = vector["valid"]?.bool == true
        let expected =
            isValid ? Outcome(received: [.text(text)]) : Outcome(violation: WebSocketViolation.invalidText)
        let key = MaskingKey(0x1234_5678)
        for (name, segments) in segmentations(of: WebSocketEncoder.masked(.text, text, key: key)) {
            #expect(decode(segments, role: .server) == expected, "\(vector.name): \(name)")
        }
        for cut in 0...text.count {
            var stream: [UInt8] = []
            text[..<cut].withUnsafeBytes { WebSocketEncoder.append(.text, $0, isFinal: false, to: &stream) }
            text[cut...].withUnsafeBytes { WebSocketEncoder.append(.continuation, $0, to: &stream) }
            #expect(decode([stream[...]], role: .client) == expected, "\(vector.name): fragments cut at \(cut)")
        }
        guard let known = vector["knownAfterBytes"]?.integer.map(Int.init) else { return }
        // The frame goes on behind the text, but that is not waited for.
        let long = WebSocketEncoder.masked(.text, text + [UInt8](repeating: 0x61, count: 100), key: key)
        let header = long.count - text.count - 100
        #expect(decode([long[..<(header + known)]], role: .server).violation == .invalidText)
        #expect(decode([long[..<(header + known - 1)]], role: .server).violation == nil)
    }

    @Test("the validator agrees with the standard library on random bytes", arguments: 0..<20 as Range<UInt64>)
    func random(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<300 {
            var text = random.text(random.integer(0...40))
            for _ in 0..<random.integer(0...2) where !text.isEmpty {
                text[random.integer(0...(text.count - 1))] = UInt8.random(in: 0x7E...0xFF, using: &random)
            }
            let isValid = String(validating: text, as: UTF8.self) != nil
            #expect(accepts([text[...]]) == isValid, "\(text)")
            #expect(accepts(random.pieces(of: text, upTo: 9)) == isValid, "\(text)")
        }
    }

    /// Two neighbours of each end of the ranges that a continuation byte may be in.
    private static let edges: [UInt8] = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]

    @Test("the validator agrees with the standard library on every two bytes, whatever follows", arguments: 0x80...0xFF)
    func everyPair(_ lead: Int) {
        var mistaken: [[UInt8]] = []
        for second in UInt8.min...UInt8.max {
            for third in Self.edges {
                for tail: [UInt8] in [[third], [third, 0x80], [third, 0xC0]] {
                    let sequence = [UInt8(lead), second] + tail
                    let isValid = String(validating: sequence, as: UTF8.self) != nil
                    // Alone it is looked at byte by byte, before ASCII in words.
                    let inWords = sequence + [UInt8](repeating: 0x61, count: 8)
                    if accepts([sequence[...]]) != isValid || accepts([inWords[...]]) != isValid {
                        mistaken.append(sequence)
                    }
                }
            }
        }
        #expect(mistaken.isEmpty)
    }

    @Test("one byte that is no ASCII is seen wherever it stands in a masked message", arguments: 1...100)
    func everyPlace(_ count: Int) {
        let key = MaskingKey(0x8000_7FFF)
        let plain = [UInt8](repeating: 0x61, count: count)
        let rest = [UInt8](repeating: 0, count: 32)
        for place in plain.indices {
            var text = plain
            text[place] = 0x80
            // What follows lets the frame take the shortest way through the decoder.
            let stream = WebSocketEncoder.masked(.text, text, key: key) + WebSocketEncoder.masked(.ping, rest, key: key)
            #expect(decode([stream[...]], role: .server).violation == .invalidText, "\(place)")
        }
        let stream = WebSocketEncoder.masked(.text, plain, key: key)
        #expect(decode([stream[...]], role: .server) == Outcome(received: [.text(plain)]))
    }

    @Test("every scalar is valid, alone and in a row")
    func everyScalar() {
        var row: [UInt8] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) else { continue }
            row.append(contentsOf: bytes)
        }
        #expect(accepts([row[...]]))
        #expect(accepts(pieces(of: row, 4_095)))
    }
}

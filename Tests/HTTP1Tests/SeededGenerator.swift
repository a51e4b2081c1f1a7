import HTTP1

/// Repeatable chance: SplitMix64 (Steele, Lea, Flood 2014). The seed is a test's argument, so a failure names it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Some fixed seeds, and a fresh one.
    static let seeds: [UInt64] = [1, 2, 3, .random(in: 0...UInt64.max)]

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    mutating func text(_ alphabet: String, _ lengths: ClosedRange<Int>) -> String {
        let characters = Array(alphabet)
        return String((0..<integer(lengths)).map { _ in characters[integer(0...characters.count - 1)] })
    }

    /// `bytes` in segments of 1 to `longest` bytes.
    mutating func segments(_ bytes: [UInt8], longest: Int) -> [ArraySlice<UInt8>] {
        var segments: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = integer(1...longest)
            segments.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return segments
    }

    /// Headers without those that an encoder writes by itself.
    mutating func headers() -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.add("Host", "example.com")
        for _ in 0..<integer(0...20) {
            let value = text("abcXYZ019 ,;:=\"/\t\u{E2A}", 0...40)
            headers.add("X-" + text("abcXYZ019-_.!", 1...20), value.trimmed)
        }
        return headers
    }

    mutating func body() -> [UInt8] { bytes([0, 1, integer(2...100), integer(101...5000)][integer(0...3)]) }

    mutating func target() -> String {
        var target = ""
        for _ in 0..<integer(1...5) { target += "/" + text("abz09-_~:@%", 0...10).replacingPercent }
        if Bool.random(using: &self) { target += "?" + text("abz09-_~&=+%", 0...30).replacingPercent }
        return target
    }
}

extension String {
    fileprivate var trimmed: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    /// With every `%` made a valid escape.
    fileprivate var replacingPercent: String {
        split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%41")
    }
}

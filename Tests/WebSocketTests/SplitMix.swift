/// Repeatable chance: SplitMix64 (Steele, Lea, Flood 2014). The seed is a test's argument, so that a failure names it.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    /// A text of so many scalars: ASCII, accents, Thai and emoji.
    mutating func text(_ scalars: Int) -> [UInt8] {
        var text = ""
        for _ in 0..<scalars {
            let range: ClosedRange<UInt32> =
                switch integer(0...5) {
                case 0...2: 0x20...0x7E
                case 3: 0xA1...0x7FF
                case 4: 0xE01...0xE5B
                default: 0x1F300...0x1F64F
                }
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return Array(text.utf8)
    }

    /// `bytes` in pieces of random sizes.
    mutating func pieces(of bytes: [UInt8], upTo most: Int) -> [ArraySlice<UInt8>] {
        var rest = bytes[...]
        var out: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let piece = rest.prefix(integer(1...most))
            out.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return out
    }
}

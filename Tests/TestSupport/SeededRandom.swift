import Primitives
import Synchronization

/// Repeatable chance: SplitMix64 (Steele, Lea, Flood 2014). The seed is a test's argument, so a failure names it.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in `among` calls, on average.
    package mutating func isOne(in among: Int) -> Bool { integer(1...among) == 1 }

    package mutating func element<Element>(of elements: [Element]) -> Element {
        elements[integer(0...elements.count - 1)]
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    package mutating func text(_ alphabet: String, _ lengths: ClosedRange<Int>) -> String {
        let characters = Array(alphabet)
        return String((0..<integer(lengths)).map { _ in characters[integer(0...characters.count - 1)] })
    }
}

/// The same chance for code that takes a `RandomSource`.
package final class SeededSource: RandomSource {
    private let random: Mutex<SeededRandom>

    package init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }

    package func bytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

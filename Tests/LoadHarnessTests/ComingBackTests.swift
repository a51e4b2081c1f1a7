import Primitives
import Testing

@testable import LoadHarness

@Suite("Coming back")
struct ComingBackTests {
    /// All bits set, or none.
    private struct Extreme: RandomSource {
        let byte: UInt8
        func bytes(_ count: Int) -> [UInt8] { Array(repeating: byte, count: count) }
    }

    @Test("Close codes say what to do, also unknown ones")
    func reactions() {
        for code: UInt16? in [nil, 1001, 1006, 1011, 1012, 4000, 4003, 4099] {
            #expect(CloseReaction(code) == .reconnect, "\(code ?? 0)")
        }
        for code: UInt16? in [1013, 4100, 4199] { #expect(CloseReaction(code) == .wait, "\(code ?? 0)") }
        for code: UInt16? in [4200, 4201, 4299, 4500, 4599, 1002, 1007, 1009] {
            #expect(CloseReaction(code) == .stop, "\(code ?? 0)")
        }
    }

    @Test("The window doubles up to a limit, the wait is any part of it, and a welcome makes it small again")
    func windows() {
        var backoff = Backoff()
        var window = Backoff.firstWindow
        for _ in 0..<300 {
            let wait = backoff.next(isLong: false, Extreme(byte: 0xFF))
            #expect(wait <= window && wait > window * 0.999)
            window = min(window * 2, Backoff.maxWindow)
        }
        #expect(backoff.next(isLong: false, Extreme(byte: 0)) == .zero)
        #expect(backoff.next(isLong: true, Extreme(byte: 0xFF)) > Backoff.maxLongWindow * 0.999)
        backoff.succeed()
        #expect(backoff.next(isLong: false, Extreme(byte: 0xFF)) <= Backoff.firstWindow)
        backoff.succeed()
        #expect(backoff.next(isLong: true, Extreme(byte: 0xFF)) > Backoff.firstWindow)
    }
}

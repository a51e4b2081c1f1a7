internal import Synchronization

/// A number that only grows: how often something happened since the start.
package final class Counter: Sendable {
    private let total = Atomic<UInt64>(0)

    init() {}

    /// From any thread; a few nanoseconds. A negative amount is a bug of the caller and counts as zero.
    package func increment(by amount: Int = 1) {
        total.wrappingAdd(UInt64(max(0, amount)), ordering: .relaxed)
    }

    package var value: UInt64 { total.load(ordering: .relaxed) }
}

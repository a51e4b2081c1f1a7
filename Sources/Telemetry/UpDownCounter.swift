internal import Synchronization

/// A number that goes up and down: how many of something there are now.
package final class UpDownCounter: Sendable {
    private let current = Atomic<Int64>(0)

    init() {}

    /// Changes the number by `amount`, which may be negative. From any thread; a few nanoseconds.
    package func add(_ amount: Int) { current.wrappingAdd(Int64(amount), ordering: .relaxed) }

    package func increment() { add(1) }
    package func decrement() { add(-1) }

    /// Replaces the number, where one owner knows it.
    package func set(_ value: Int) { current.store(Int64(value), ordering: .relaxed) }

    package var value: Int64 { current.load(ordering: .relaxed) }
}

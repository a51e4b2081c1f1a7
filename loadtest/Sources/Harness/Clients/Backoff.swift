internal import Primitives

/// How long to wait before the next attempt: a random part of a window that doubles (full jitter), as Protocol/README.md
/// asks.
struct Backoff {
    /// The first window, and the greatest.
    static let firstWindow = Duration.milliseconds(200)
    static let maxWindow = Duration.seconds(10)
    /// After a close code that says to wait.
    static let firstLongWindow = Duration.seconds(2)
    static let maxLongWindow = Duration.seconds(30)

    private(set) var attempts: UInt8 = 0

    mutating func succeed() { attempts = 0 }

    mutating func next(isLong: Bool, _ random: any RandomSource) -> Duration {
        let first = isLong ? Self.firstLongWindow : Self.firstWindow
        let most = isLong ? Self.maxLongWindow : Self.maxWindow
        let window = min(first * (1 << min(Int(attempts), 8)), most)
        if attempts < .max { attempts += 1 }
        let share = Double(random.uint64() >> 11) / Double(UInt64(1) << 53)
        return .nanoseconds(Int64(Double(window.wholeNanoseconds) * share))
    }
}

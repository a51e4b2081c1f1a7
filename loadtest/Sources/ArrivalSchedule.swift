internal import Primitives

/// Open arrivals: when each of `count` things is meant to happen, decided before the run and whatever the server does. A
/// latency measured from these instants contains the time that a request had to wait to be sent (no coordinated omission).
struct ArrivalSchedule {
    let start: Instant
    let perSecond: Double
    let count: Int

    /// The intended instant of arrival `index`.
    func instant(_ index: Int) -> Instant {
        start.advanced(by: .nanoseconds(Int64(Double(index) / perSecond * 1e9)))
    }
}

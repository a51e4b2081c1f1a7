internal import Primitives

/// Where the processes of a run wait for each other. Confined to the driver's loop.
protocol RunBarrier: AnyObject {
    /// This process is ready for `phase`; returns when all are, with the instant at which all begin it. The loop goes on
    /// meanwhile.
    func pass(into phase: RunPhase) throws(LoadFailure) -> Instant
}

/// Of a run in one process: it waits for nobody.
final class NoBarrier: RunBarrier {
    /// So that the first instant is not over when it is looked at.
    static let lead = Duration.milliseconds(20)

    private let driver: Driver

    init(_ driver: Driver) { self.driver = driver }

    func pass(into phase: RunPhase) -> Instant { driver.now.advanced(by: Self.lead) }
}

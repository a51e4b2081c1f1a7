internal import CLinux
internal import Primitives

/// Measures how long what is ready waits until its loop comes to it.
///
/// A timer alone would see only how long a turn lasts. A loop with thousands of ready sockets serves some of them a turn
/// (`epoll_wait` hands out the longest-ready first), so a descriptor of the probe's own gets in line behind them: from the
/// time that the timer was due to the time that the descriptor is served, a client's frame would have waited as long.
/// Confined to its loop.
package final class LagProbe: Pollable {
    private let loop: EventLoop
    private let interval: Duration
    private let report: (Duration) -> Void
    /// An eventfd; -1 when none was to be had, and then the timer alone is measured.
    private var descriptor: Int32 = -1
    private var registration: Registration?
    private var timer: ScheduledTimer?
    private var due: Instant

    /// `report` is called on the loop about once an interval.
    package init(loop: EventLoop, interval: Duration, report: @escaping (Duration) -> Void) {
        self.loop = loop
        self.interval = interval
        self.report = report
        due = loop.time.now
    }

    deinit { if descriptor >= 0 { closeDescriptor(descriptor) } }

    package func start() {
        loop.preconditionOnLoop()
        guard timer == nil else { return }
        descriptor = sala_eventfd()
        if descriptor >= 0 {
            do { registration = try loop.register(descriptor, for: .readable, self) } catch { registration = nil }
        }
        schedule()
    }

    private func schedule() {
        due = loop.time.now.advanced(by: interval)
        timer = loop.schedule(after: interval) { [weak self] in self?.fire() }
    }

    private func fire() {
        if registration == nil { measure() } else { _ = sala_eventfd_signal(descriptor) }
    }

    package func becomeReady(_ readiness: Readiness) {
        sala_eventfd_drain(descriptor)
        measure()
    }

    private func measure() {
        report(loop.time.now.since(due))
        schedule()
    }
}

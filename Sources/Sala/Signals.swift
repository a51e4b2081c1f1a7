internal import CLinux
internal import Glibc

/// The signals that steer the process. They are blocked in every thread and read here, on the main thread.
struct Signals {
    private let descriptor: Int32

    init() { descriptor = sala_signal_descriptor() }

    /// Waits for SIGINT, SIGTERM or SIGHUP; nil when none came within `milliseconds` (-1: for ever).
    func next(within milliseconds: Int32) -> Int32? {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let signal = sala_read_signal(descriptor)
        if signal != 0 { return signal }
        _ = poll(&descriptors, 1, milliseconds)
        let later = sala_read_signal(descriptor)
        return later == 0 ? nil : later
    }

    /// Returns at the first SIGINT or SIGTERM; from then on the next one ends the process at once. `hungUp` runs at each
    /// SIGHUP, `meanwhile` between the waits, of half a second each.
    static func waitForEnd(hungUp: () -> Void = {}, meanwhile: () -> Void = {}) {
        let signals = Signals()
        while true {
            switch signals.next(within: 500) {
            case SIGINT?, SIGTERM?: return endAtOnceNextTime()
            case SIGHUP?: hungUp()
            default: meanwhile()
            }
        }
    }

    private static func endAtOnceNextTime() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                let signals = Signals()
                while true {
                    let signal = signals.next(within: -1)
                    if signal == SIGINT || signal == SIGTERM { _exit(1) }
                }
            }, nil)
    }
}

internal import Glibc
internal import Primitives
internal import Reactor

/// Waiting on a thread that has nothing else to do: the start and the end of the process.
enum Blocking {
    /// Looks every ten milliseconds; false when the time is up and it still does not hold.
    static func wait(atMost timeout: Duration, until condition: () -> Bool) -> Bool {
        let time = SystemTime()
        let deadline = time.now.advanced(by: timeout)
        while !condition() {
            if time.now >= deadline { return false }
            var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
            nanosleep(&pause, nil)
        }
        return true
    }
}

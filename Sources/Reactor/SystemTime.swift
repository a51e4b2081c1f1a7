internal import CLinux
package import Primitives

/// The machine's own clocks.
package struct SystemTime: TimeSource {
    package init() {}
    package var now: Instant { Instant(nanoseconds: sala_monotonic_nanoseconds()) }
    package var wallClock: Timestamp { Timestamp(microseconds: sala_wall_clock_microseconds()) }
}

/// The kernel's random number generator (getrandom(2)).
package struct SystemRandom: RandomSource {
    package init() {}
    package func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let status = sala_random_bytes(buffer.baseAddress, count)
            precondition(status == 0, "getrandom(2) cannot fail for a valid buffer")
            filled = count
        }
    }
}

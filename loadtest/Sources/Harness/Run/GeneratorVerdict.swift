internal import Glibc

/// Whether the generator itself was what was measured.
struct GeneratorVerdict {
    /// Milliseconds of the 99th percentile of lateness.
    static let maxLateness = 5.0
    /// Cores of one process: it has one loop.
    static let maxCPU = 0.9

    /// In sentences; none: it was not.
    let why: [String]

    /// Of one process, in the measured part.
    init(lateness: Histogram, cpu: Double) {
        var why: [String] = []
        if let late = lateness.percentile(0.99), late > Self.maxLateness {
            why.append(
                "One of 100 arrivals was \(Words.milliseconds(late)) late or more; up to \(Words.milliseconds(Self.maxLateness)) is fine."
            )
        }
        if cpu > Self.maxCPU {
            why.append(
                "A process used \(Words.number(cpu)) cores of the one it has; up to \(Words.number(Self.maxCPU)) is fine."
            )
        }
        self.why = why
    }

    var isBottleneck: Bool { !why.isEmpty }

    /// Processor time of this process, in seconds.
    static var ownProcessorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

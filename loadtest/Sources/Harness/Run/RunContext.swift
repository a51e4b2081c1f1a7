internal import Primitives

/// What all groups of a run share. Confined to the driver's loop.
final class RunContext {
    let driver: Driver
    let target: Target
    let recorder: Recorder
    let oracle: Oracle
    /// Which of the run's processes this is.
    let part: RunPart
    /// Sets this run's sessions apart from those of earlier ones; the same in all its processes.
    let sharedName: String
    /// The same, and apart from those of the other processes.
    let name: String
    /// Before this instant nothing is measured (the oracle looks all the same).
    var measuredFrom: Instant

    init(
        driver: Driver, target: Target, recorder: Recorder, oracle: Oracle, part: RunPart = .whole, name: String? = nil
    ) {
        self.part = part
        self.driver = driver
        self.target = target
        self.recorder = recorder
        self.oracle = oracle
        sharedName = name ?? String(driver.random.identifier("load").prefix(13))
        self.name = part.count == 1 ? sharedName : "\(sharedName).p\(part.index)"
        // What is prepared is not measured.
        measuredFrom = Instant(nanoseconds: .max)
    }

    /// Records a latency that began at `intended`, unless that was before the measured part.
    func record(_ stage: String, from intended: Instant, to end: Instant) {
        guard intended >= measuredFrom else { return }
        recorder.record(stage, end.since(intended))
    }
}

/// One of the processes that share a run.
struct RunPart: Equatable {
    let index: Int
    let count: Int

    static let whole = RunPart(index: 0, count: 1)

    /// Whether it does what is done once in a run.
    var isFirst: Bool { index == 0 }
}

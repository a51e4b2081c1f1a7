internal import CLinux
internal import Glibc
internal import JSON
internal import Primitives
internal import Reactor

/// The other processes of a run, seen from the first one: starts them, lets all begin each phase at the same instant, and
/// gathers what they measured. They end when their channel does, whatever becomes of us. Confined to the driver's loop.
final class PartCrew: RunBarrier {
    private final class Part {
        let program: Program
        let channel: LineChannel
        var phase = RunPhase.preparing
        var results: JSONValue?
        var failure: LoadFailure?

        init(_ program: Program, _ channel: LineChannel) {
            self.program = program
            self.channel = channel
        }

        /// It said why, or it is just gone.
        var trouble: LoadFailure? {
            if let failure { return failure }
            guard channel.isClosed, results == nil else { return nil }
            return LoadFailure(.unavailable, "the process \(program.pid) of this run ended")
        }
    }

    /// From the last part's word to the instant at which all begin: the word has to reach them all.
    static let lead = Duration.milliseconds(50)
    /// For the slowest part to come to the next phase: more than the longest connecting and reconciling.
    static let phaseTimeout = Duration.seconds(3600)

    private let driver: Driver
    private var parts: [Part] = []

    /// Starts a process for each order.
    init(_ orders: [PartOrder], _ driver: Driver) throws(LoadFailure) {
        self.driver = driver
        for order in orders {
            let (ours, theirs) = try LineChannel.pair()
            let channel = try LineChannel(ours, on: driver.loop)
            defer { close(theirs) }
            let program = try Program.start("/proc/self/exe", ["part"], input: theirs, log: "/dev/null")
            let part = Part(program, channel)
            channel.receive = { [unowned part] in Self.receive($0, part) }
            channel.send(order.json)
            parts.append(part)
        }
    }

    private static func receive(_ message: JSONValue, _ part: Part) {
        if let phase = message["ready"]?.string.flatMap(RunPhase.init(rawValue:)) {
            part.phase = phase
        } else if let results = message["results"] {
            part.results = results
        } else if let text = message["failure"]?.string {
            let kind = message["kind"]?.integer.flatMap { LoadFailure.Kind(rawValue: Int32(truncatingIfNeeded: $0)) }
            part.failure = LoadFailure(kind ?? .unavailable, text)
        }
    }

    private func wait(for what: String, until isDone: (Part) -> Bool) throws(LoadFailure) {
        let all = parts
        try driver.wait(for: what, atMost: Self.phaseTimeout) {
            all.contains { $0.trouble != nil } || all.allSatisfy(isDone)
        }
        if let trouble = parts.lazy.compactMap(\.trouble).first { throw trouble }
    }

    func pass(into phase: RunPhase) throws(LoadFailure) -> Instant {
        try wait(for: "the other processes, which are to begin \(phase.rawValue)") { $0.phase == phase }
        let instant = driver.now.advanced(by: Self.lead)
        for part in parts {
            part.channel.send(["go": .string(phase.rawValue), "at": .string("\(instant.nanoseconds)")])
        }
        return instant
    }

    /// What each has measured.
    func results() throws(LoadFailure) -> [RunResults] {
        try wait(for: "the other processes' results") { $0.results != nil }
        var all: [RunResults] = []
        for (index, part) in parts.enumerated() {
            all.append(try RunResults(reading: part.results ?? .null, name: "part \(index + 1)"))
        }
        return all
    }

    /// Ends those that still run.
    func dismiss() {
        for part in parts {
            part.channel.close()
            if part.program.exitStatus == nil { part.program.send(SIGKILL) }
        }
        // Until they are gone their numbers are theirs.
        let all = parts
        driver.settle(atMost: .seconds(5)) {
            all.allSatisfy { kill($0.program.pid, 0) != 0 || $0.program.exitStatus != nil }
        }
        parts = []
    }
}

internal import CLinux
internal import Glibc
internal import JSON
internal import Primitives
internal import Reactor

/// `sala-loadtest run SCENARIO`.
struct RunCommand {
    static let options: [CommandLineOptions.Option] =
        TargetOptions.all + ServeOptions.all + [
            .init("connections", "N", "all groups' connections and sessions in proportion, N connections in all"),
            .init("rate", "R", "all arrivals in proportion, R a second in all on average"),
            .init("duration", "D", "of the measured part: 30, 30s, 5m, 1h; faults move in proportion"),
            .init("processes", "N", "so many generators (default: one for each 18,000 connections)"),
            .init("out", "FOLDER", "write the results and their report there: results.json, report.html"),
            .init("progress", nil, "a line on standard error now and then, where no terminal shows more"),
        ]

    static let help = """
        Usage: sala-loadtest run SCENARIO [options]

        Drives a server with a scenario: one of ours by name ('sala-loadtest list'), or a file by its path.

        \(CommandLineOptions.help(options))

        Exit codes: 0 passed, 1 failed, 64 wrong usage or scenario, 69 the server is not there.

        """

    /// More would share too few cores to be worth their merging.
    static let maxProcesses = 64

    private let options: CommandLineOptions
    private let arguments: [String]
    private let scenario: Scenario
    private let processes: Int

    static func run(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        let options = try CommandLineOptions(arguments, options)
        if options.wantsHelp {
            Table.show(help, on: 1)
            return 0
        }
        return try RunCommand(options, arguments).execute()
    }

    private init(_ options: CommandLineOptions, _ arguments: [String]) throws(LoadFailure) {
        guard let name = options.operands.first, options.operands.count == 1 else {
            throw LoadFailure(.usage, "run takes one scenario; 'sala-loadtest run --help' says more")
        }
        var scenario = try ScenarioLibrary().scenario(name)
        if let total = try options.integer("connections", in: 1...ScenarioGroup.maxConnections) {
            try scenario.scale(connectionsTo: total)
        }
        if let rate = try options.number("rate", in: 0.001...Arrivals.maxRate) { try scenario.scale(rateTo: rate) }
        if let seconds = try options.duration("duration", in: 1...Scenario.maxSeconds) { scenario.stretch(to: seconds) }
        self.options = options
        self.arguments = arguments
        self.scenario = scenario
        processes =
            try options.integer("processes", in: 1...Self.maxProcesses) ?? min(scenario.partCount, Self.maxProcesses)
    }

    private func execute() throws(LoadFailure) -> Int32 {
        let loop = try Self.makeLoop()
        let outcome: Result<RunResults, LoadFailure> = loop.enter {
            do throws(LoadFailure) { return .success(try drive(Driver(loop: loop))) } catch { return .failure(error) }
        }
        var results = try outcome.get()
        results.command = ["sala-loadtest", "run"] + arguments
        results.judge(scenario.limits)
        if results.oracle.checks == 0 {
            results.failures.append("Nothing could be checked: no client got as far as seeing anything.")
        }
        results.show()
        if let folder = options["out"] { try write(results, to: folder) }
        return results.hasPassed ? 0 : 1
    }

    private func drive(_ driver: Driver) throws(LoadFailure) -> RunResults {
        try ServeOptions.serving(options, driver) { own throws(LoadFailure) in
            let target = if let own { try Target(own) } else { try TargetOptions.target(options) }
            try target.checkThatItAnswers(driver)
            let screen = LiveScreen(wantsLines: options.has("progress"))
            let live = LiveRun(scenario, target, screen, driver, processes: processes)
            defer { live.clear() }
            guard processes > 1 else {
                let context = RunContext(driver: driver, target: target, recorder: Recorder(), oracle: Oracle())
                return try LoadRun(scenario, context, control: own, observer: live).run()
            }
            let opening = own.map { ["--dev-json", $0.devJSON] } ?? options.arguments(of: TargetOptions.all)
            return try drive(driver, target, own, live, opening)
        }
    }

    /// With other processes besides this one, which are told by `opening` where the server is.
    private func drive(
        _ driver: Driver, _ target: Target, _ own: OwnServer?, _ live: LiveRun, _ opening: [String]
    ) throws(LoadFailure) -> RunResults {
        let first = RunPart(index: 0, count: processes)
        let context = RunContext(
            driver: driver, target: target, recorder: Recorder(), oracle: Oracle(), part: first)
        let orders = (1..<processes).map { index in
            let part = RunPart(index: index, count: processes)
            return PartOrder(
                scenario: scenario.part(part), part: part, name: context.sharedName, arguments: opening)
        }
        let crew = try PartCrew(orders, driver)
        defer { crew.dismiss() }
        var results = try LoadRun(scenario.part(first), context, control: own, barrier: crew, observer: live).run()
        for part in try crew.results() { try results.merge(part) }
        results.scenario = scenario.json
        // Said once, of all together; a single process that was late is enough.
        let whole = GeneratorVerdict(
            lateness: results.generator.lateness, cpu: (results.generator.cpu ?? 0) / Double(processes))
        if whole.isBottleneck { results.generator.why = whole.why }
        return results
    }

    static func makeLoop() throws(LoadFailure) -> EventLoop {
        // Where the limit stays low the server or we run out of descriptors, and the connections' errors say so.
        _ = sala_raise_descriptor_limit()
        signal(SIGPIPE, SIG_IGN)
        do { return try EventLoop(index: 0) } catch { throw LoadFailure(.unavailable, "no event loop: \(error)") }
    }

    /// The documents of a run lie together in a folder.
    private func write(_ results: RunResults, to folder: String) throws(LoadFailure) {
        // Those above it, too.
        for end in folder.indices.dropFirst().filter({ folder[$0] == "/" }) + [folder.endIndex] {
            guard mkdir(String(folder[..<end]), 0o777) == 0 || errno == EEXIST else {
                throw LoadFailure(.usage, "cannot make the folder \(folder): \(String(cString: strerror(errno)))")
            }
        }
        try ResultsFile.write(results, to: "\(folder)/results.json")
        try ReportCommand.write(results, to: "\(folder)/report.html")
        Table.show("\(folder)/report.html\n", on: 1)
    }
}

/// The load harness: drives a server with scenarios of real clients and holds it to its promises.
package enum LoadTestCommand {
    static let help = """
        Usage: sala-loadtest COMMAND …

          run SCENARIO     drive a server with a scenario; `run --help` lists the options
          list             the scenarios that come with it
          check SCENARIO   read a scenario and say what is wrong with it
          report RUN       make the page of a run's results again
          compare A B      two runs' results side by side

        """

    /// Returns the exit code.
    package static func main(_ arguments: [String]) -> Int32 {
        do {
            return try run(arguments)
        } catch {
            Table.show("sala-loadtest: \(error.text)\n", on: 2)
            return error.kind.rawValue
        }
    }

    private static func run(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "run": return try RunCommand.run(rest)
        case "part": return try PartCommand.run(rest)
        case "list": return try ScenarioCommands.list(rest)
        case "check": return try ScenarioCommands.check(rest)
        case "report": return try ReportCommand.run(rest)
        case "compare": return try CompareCommand.run(rest)
        case nil, "help", "--help", "-h":
            Table.show(help, on: 1)
            return 0
        case let name?: throw LoadFailure(.usage, "unknown command \(name)\n\n\(help)")
        }
    }
}

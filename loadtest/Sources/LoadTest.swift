internal import CLinux
internal import Glibc
internal import JSON
internal import Primitives
internal import Reactor

/// The load client: runs the scenarios that were asked for against a running server, one after the other, on one loop.
@main
enum LoadTest {
    static func main() {
        do {
            exit(try run(Array(CommandLine.arguments.dropFirst())))
        } catch {
            Table.show("sala-loadtest: \(error.text)\n", on: 2)
            exit(error.kind.rawValue)
        }
    }

    private static func run(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        guard let options = try LoadOptions(arguments) else {
            Table.show(LoadOptions.help, on: 1)
            return 0
        }
        let facts = try DevFacts(path: options.devJSON)
        // Without the higher limit the connect scenario ends early and says why.
        _ = sala_raise_descriptor_limit()
        signal(SIGPIPE, SIG_IGN)
        let loop: EventLoop
        do { loop = try EventLoop(index: 0) } catch { throw LoadFailure(.unavailable, "no event loop: \(error)") }
        let machine = Machine.current
        Table.show("\(machine.description)\n", on: 1)
        let results: Result<[ScenarioResult], LoadFailure> = loop.enter {
            do throws(LoadFailure) {
                return .success(try runScenarios(options, facts, Driver(loop: loop)))
            } catch {
                return .failure(error)
            }
        }
        return try report(try results.get(), machine, arguments, to: options.out)
    }

    private static func runScenarios(
        _ options: LoadOptions, _ facts: DevFacts, _ driver: Driver
    ) throws(LoadFailure) -> [ScenarioResult] {
        var results: [ScenarioResult] = []
        for scenario in options.scenarios {
            let world = World(options: options, facts: facts, driver: driver)
            driver.forgetLateness()
            var result: ScenarioResult
            switch scenario {
            case .chat: result = try ChatScenario(world).run()
            case .advisor: result = try AdvisorScenario(world).run()
            case .connect: result = try ConnectScenario(world).run()
            }
            result.latencies.append(("client's own lateness", driver.lateness))
            var table = Table()
            result.describe(in: &table)
            table.show()
            results.append(result)
        }
        return results
    }

    private static func report(
        _ results: [ScenarioResult], _ machine: Machine, _ arguments: [String], to path: String?
    ) throws(LoadFailure) -> Int32 {
        if let path {
            let json: JSONValue = [
                "at": .string(SystemTime().wallClock.rfc3339), "machine": machine.json,
                "arguments": .array(arguments.map(JSONValue.string)), "results": .array(results.map(\.json)),
            ]
            guard TextFile.write(json.bytes + [0x0A], to: path) else {
                throw LoadFailure(.usage, "cannot write \(path)")
            }
        }
        return results.allSatisfy { $0.violationCount == 0 } ? 0 : 1
    }
}

internal import Glibc
internal import JSON
internal import Primitives
internal import Reactor

/// `sala-loadtest part`: a process of a run, started by `run`, spoken to through its standard input, which is a socket.
enum PartCommand {
    static func run(_ arguments: [String]) throws(LoadFailure) -> Int32 {
        let loop = try RunCommand.makeLoop()
        let outcome: Result<Void, LoadFailure> = loop.enter {
            do throws(LoadFailure) { return .success(try drive(Driver(loop: loop))) } catch { return .failure(error) }
        }
        try outcome.get()
        return 0
    }

    private static func drive(_ driver: Driver) throws(LoadFailure) {
        let barrier = try PartBarrier(driver)
        do throws(LoadFailure) {
            let order = try barrier.order()
            let target = try TargetOptions.target(try CommandLineOptions(order.arguments, TargetOptions.all))
            let context = RunContext(
                driver: driver, target: target, recorder: Recorder(), oracle: Oracle(), part: order.part,
                name: order.name)
            barrier.send(["results": try LoadRun(order.scenario, context, barrier: barrier).run().json(isPart: true)])
        } catch {
            barrier.send(["failure": .string(error.text), "kind": .integer(Int64(error.kind.rawValue))])
        }
    }
}

/// The run's first process, seen from another one. Confined to the driver's loop.
final class PartBarrier: RunBarrier {
    /// To be told what to do.
    private static let orderTimeout = Duration.seconds(30)

    private let driver: Driver
    private let channel: LineChannel
    private var received: [JSONValue] = []

    init(_ driver: Driver) throws(LoadFailure) {
        self.driver = driver
        channel = try LineChannel(0, on: driver.loop)
        channel.receive = { [unowned self] in received.append($0) }
    }

    func send(_ document: JSONValue) { channel.send(document) }

    func order() throws(LoadFailure) -> PartOrder { try PartOrder(try next("an order", Self.orderTimeout)) }

    func pass(into phase: RunPhase) throws(LoadFailure) -> Instant {
        channel.send(["ready": .string(phase.rawValue)])
        let answer = try next("the other processes", PartCrew.phaseTimeout)
        guard answer["go"]?.string == phase.rawValue, let at = answer["at"]?.string.flatMap(UInt64.init) else {
            throw LoadFailure(.unavailable, "another phase was begun")
        }
        return Instant(nanoseconds: at)
    }

    private func next(_ what: String, _ limit: Duration) throws(LoadFailure) -> JSONValue {
        try driver.wait(for: what, atMost: limit) { !received.isEmpty || channel.isClosed }
        guard !received.isEmpty else { throw LoadFailure(.unavailable, "the run's first process is gone") }
        return received.removeFirst()
    }
}

internal import JSON
internal import Primitives

/// Sockets that connect, say hello, subscribe and stay. Measures how long each takes from its intended start to its
/// snapshot, and what the server's memory grows by.
final class ConnectScenario {
    private static let connectTimeout = Duration.seconds(60)

    private let world: World
    private var clients: [VirtualClient] = []
    private var subscription = Histogram()
    private var subscribed = 0
    private var lastSubscription: Instant?
    private var closings: [String] = []

    init(_ world: World) { self.world = world }

    func run() throws(LoadFailure) -> ScenarioResult {
        let options = world.options
        let sessions = min(options.conversations, options.connections)
        try world.makeConversations(sessions, advisor: false)
        let before = try resident()
        let schedule = ArrivalSchedule(
            start: world.driver.now.advanced(by: .milliseconds(10)), perSecond: Double(options.connectRate),
            count: options.connections)
        world.driver.run(schedule) { index, intended in connect(world.session(index % sessions), intended) }
        let areAllThere = world.driver.settle(atMost: Self.connectTimeout) { [self] in
            subscribed + closings.count == options.connections
        }
        world.driver.settle(atMost: .seconds(options.seconds))
        let after = try resident()
        defer { for client in clients { client.drop() } }
        return result(schedule, areAllThere, before, after)
    }

    private func connect(_ session: String, _ intended: Instant) {
        let client = VirtualClient(driver: world.driver, token: world.facts.customer)
        client.becameReady = { [unowned client] in client.subscribe(session) }
        client.received = { [unowned self] frame, at in
            guard frame["type"]?.string == "snapshot" else { return }
            subscribed += 1
            subscription.record(at.since(intended))
            lastSubscription = at
        }
        client.closed = { [unowned self] in closings.append($0) }
        clients.append(client)
        do { try client.connect(to: world.facts.http) } catch { closings.append(error.text) }
    }

    private func resident() throws(LoadFailure) -> Int? {
        guard let pid = world.options.pid else { return nil }
        guard let resident = Machine.residentKiB(pid: pid) else { throw LoadFailure(.usage, "no process \(pid)") }
        return resident
    }

    private func result(
        _ schedule: ArrivalSchedule, _ areAllThere: Bool, _ before: Int?, _ after: Int?
    ) -> ScenarioResult {
        let options = world.options
        var result = ScenarioResult(
            name: "connect",
            title:
                "\(options.connections) sockets, \(options.connectRate) new ones a second, kept for \(options.seconds) s",
            parameters: [
                "connections": .integer(Int64(options.connections)),
                "connectRate": .integer(Int64(options.connectRate)),
                "sessions": .integer(Int64(min(options.conversations, options.connections))),
                "seconds": .integer(Int64(options.seconds)),
            ])
        result.figures = [
            ("subscribed", Double(subscribed)),
            ("seconds to all", lastSubscription?.since(schedule.start).inSeconds ?? 0),
        ]
        if let before, let after {
            result.figures += [
                ("KiB before", Double(before)), ("KiB after", Double(after)),
                ("KiB a connection", Double(after - before) / Double(max(1, subscribed))),
            ]
        }
        result.latencies = [("connect to snapshot", subscription)]
        if !areAllThere { result.violate("\(options.connections - subscribed) sockets never got their snapshot") }
        for why in Set(closings) { result.violate("\(closings.filter { $0 == why }.count) × socket closed: \(why)") }
        return result
    }
}

package import Primitives
package import Reactor

/// A loop's read connections: a request takes a free one or waits its turn.
///
/// `@unchecked Sendable` because it is confined to `loop`: every entry point checks that it runs there.
package final class PostgresPool: @unchecked Sendable {
    private final class Request {
        let batch: PostgresBatch
        /// Nil once called.
        var completion: PostgresConnection.Completion?
        var timer: ScheduledTimer?

        init(_ batch: PostgresBatch, _ completion: @escaping PostgresConnection.Completion) {
            self.batch = batch
            self.completion = completion
        }
    }

    /// How often a batch is sent that the server rolled back because of another transaction.
    private static let maxAttempts = 3

    let loop: EventLoop
    private let configuration: PostgresConfiguration
    private let places: [ReconnectingConnection]
    private var waiting = FIFO<Request>()
    private var waitingCount = 0

    package init(loop: EventLoop, configuration: PostgresConfiguration, random: any RandomSource) {
        self.loop = loop
        self.configuration = configuration
        places = (0..<max(1, configuration.poolConnections)).map { _ in
            ReconnectingConnection(
                loop: loop, configuration: configuration, isolation: .repeatableRead, random: random)
        }
    }

    /// Begins to connect.
    package func start() {
        loop.preconditionOnLoop()
        for place in places {
            place.onReady = { [weak self] _ in self?.serve() }
            place.onDown = { [weak self] in self?.failAllIfDown() }
            place.start()
        }
    }

    /// Closes the connections as they fall free; what waits fails.
    package func stop() {
        loop.preconditionOnLoop()
        for place in places { place.stop() }
        failWaiting()
    }

    /// A connection is there (it may be busy).
    package var isAvailable: Bool {
        loop.preconditionOnLoop()
        return places.contains { $0.connects > 0 && !$0.isDown }
    }

    /// Requests that wait for a connection.
    package var waitingRequests: Int { waitingCount }

    /// Runs the batch on a free connection; the completion runs in a later turn. A request that finds every connection
    /// down fails at once.
    func run(_ batch: PostgresBatch, _ completion: @escaping PostgresConnection.Completion) {
        loop.preconditionOnLoop()
        if waitingCount == 0, let place = places.first(where: \.isReady) {
            return send(batch, to: place, completion)
        }
        if places.allSatisfy(\.isDown) { return loop.afterwards { completion(.failure(.unavailable)) } }
        if waitingCount >= configuration.maxWaitingRequests {
            return loop.afterwards { completion(.failure(.overloaded)) }
        }
        let request = Request(batch, completion)
        request.timer = loop.schedule(after: configuration.maxWait) { [weak self, weak request] in
            guard let request else { return }
            self?.take(request)?(.failure(.unavailable))
        }
        waiting.append(request)
        waitingCount += 1
    }

    private func send(
        _ batch: PostgresBatch, to place: ReconnectingConnection, attempt: Int = 1,
        _ completion: @escaping PostgresConnection.Completion
    ) {
        place.connection?.submit(batch) { [weak self] outcome in
            // Two transactions met, and the server asks for this one again (classes 40 of appendix A).
            if let self, attempt < Self.maxAttempts, case .failure(.rejected(let error)) = outcome,
                error.sqlClass == "40",
                place.isReady
            {
                return send(batch, to: place, attempt: attempt + 1, completion)
            }
            completion(outcome)
            self?.serve()
        }
    }

    /// Gives free connections to those that wait.
    private func serve() {
        while waitingCount > 0, let place = places.first(where: \.isReady) {
            guard let request = waiting.popFirst() else { return }
            // One that gave up still stands in line.
            if let completion = take(request) { send(request.batch, to: place, completion) }
        }
    }

    private func take(_ request: Request) -> PostgresConnection.Completion? {
        guard let completion = request.completion else { return nil }
        request.completion = nil
        request.timer?.cancel()
        waitingCount -= 1
        return completion
    }

    private func failAllIfDown() {
        if places.allSatisfy(\.isDown) { failWaiting() }
    }

    private func failWaiting() {
        var failed: [PostgresConnection.Completion] = []
        while let request = waiting.popFirst() {
            if let completion = take(request) { failed.append(completion) }
        }
        for completion in failed { completion(.failure(.unavailable)) }
    }
}

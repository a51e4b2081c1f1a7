internal import Primitives
internal import Reactor

/// A place for one connection that is filled again whenever it falls empty, for ever, with backoff.
///
/// Confined to its loop, like the connections that it makes.
final class ReconnectingConnection {
    private let loop: EventLoop
    private let configuration: PostgresConfiguration
    private let isolation: PostgresConfiguration.Isolation
    private let random: any RandomSource
    private var backoff: Backoff
    private var timer: ScheduledTimer?
    private var readyAt: Instant?
    private var isStopped = false
    private(set) var connection: PostgresConnection?
    /// True from a failed attempt or a lost connection until the next one is ready.
    private(set) var isDown = false
    private(set) var connects = 0

    /// Told when a connection is ready for batches, and when it is gone or an attempt failed. Set before `start()`.
    var onReady: (PostgresConnection) -> Void = { _ in }
    var onDown: () -> Void = {}

    init(
        loop: EventLoop, configuration: PostgresConfiguration, isolation: PostgresConfiguration.Isolation,
        random: any RandomSource
    ) {
        self.loop = loop
        self.configuration = configuration
        self.isolation = isolation
        self.random = random
        backoff = Backoff(first: configuration.minBackoff, last: configuration.maxBackoff)
    }

    /// Ready for a batch this instant.
    var isReady: Bool { connection?.isReady ?? false }

    func start() {
        guard !isStopped, connection == nil else { return }
        connection = PostgresConnection(loop: loop, configuration: configuration, isolation: isolation) {
            [weak self] event in self?.receive(event)
        }
    }

    /// Closes the connection once nothing is in flight, and makes no other.
    func stop() {
        isStopped = true
        timer?.cancel()
        connection?.drain()
    }

    /// Gives this connection up; another one is made after the backoff.
    func abandon() { connection?.drain() }

    private func receive(_ event: PostgresConnection.Event) {
        switch event {
        case .ready:
            isDown = false
            readyAt = loop.now
            connects += 1
            if let connection { onReady(connection) }
        case .closed:
            connection = nil
            isDown = true
            // One that held only a moment counts as a failed attempt, or a server that drops all would be asked in a
            // frenzy.
            if let readyAt, loop.now.since(readyAt) > configuration.maxBackoff { backoff.reset() }
            readyAt = nil
            if !isStopped {
                timer = loop.schedule(after: backoff.next(random: random.uint64())) { [weak self] in self?.start() }
            }
            onDown()
        }
    }
}

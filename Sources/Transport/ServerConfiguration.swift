package import HTTP1
internal import Primitives
package import Proxies
package import WebSocket

/// The bounds of every connection of a listener (docs/LIMITS.md says why each has its value).
package struct ServerConfiguration: Sendable {
    package var http = HTTPLimits()
    package var webSocket = WebSocketLimits()
    /// Peers whose word counts when they say for whom they speak; nobody's, unless told.
    package var proxies = TrustedProxies()
    /// From the first byte of a request (or from the accept) to the end of its head.
    package var headTimeout = Duration.seconds(10)
    /// A body may take this long, then it must come with at least `minBodyBytesPerSecond`.
    package var bodyGrace = Duration.seconds(10)
    package var minBodyBytesPerSecond = 1024
    /// Between two requests on one connection.
    package var keepAliveTimeout = Duration.seconds(75)
    /// How long a peer may take to read an answer or a frame that it asked for, without any progress.
    package var writeTimeout = Duration.seconds(30)
    /// After our last byte: how long the peer's rest is read and thrown away, so that it sees our answer, not a reset.
    package var lingerTimeout = Duration.seconds(2)
    /// After the first Close frame: how long the peer's is awaited, and our last bytes have to leave.
    package var closeTimeout = Duration.seconds(5)
    /// Silence after which a WebSocket peer is pinged, and how long it has to answer.
    package var pingInterval = Duration.seconds(25)
    package var pongTimeout = Duration.seconds(10)
    var keepAlive: KeepAlive.Rule { KeepAlive.Rule(interval: pingInterval, timeout: pongTimeout) }
    /// Unsent bytes of one connection, a single large answer apart; beyond, the connection is reset. Well above what a
    /// subscription leaves unsent before it lags, plus one replay.
    package var maxOutputBytes = 8 * 1024 * 1024
    /// Pipelined bytes that wait behind an open request; beyond, the socket is not read.
    package var maxPipelinedBytes = 64 * 1024
    /// Open connections of the listener, over all its loops; further ones are reset at once.
    package var maxConnections = 18_000
    /// The same of one client address (`CountedAddress`).
    package var maxConnectionsPerAddress = 256
    package var backlog: Int32 = 4096
    /// Without descriptors: how long nothing is accepted before the next try, and after how long in all those who wait in
    /// the kernel's queue are reset instead of left to wait.
    package var acceptPause = Duration.milliseconds(100)
    package var acceptPatience = Duration.seconds(2)

    package init() {}
}

/// Why a connection was not taken.
package enum AcceptRefusal: Equatable, Sendable {
    /// `maxConnections`, `maxConnectionsPerAddress`.
    case connections, address
    /// The process has no descriptor for it.
    case descriptors
}

/// Counts for telemetry, called on connection loops.
package struct TransportObserver: Sendable {
    package var opened: @Sendable () -> Void
    package var closed: @Sendable () -> Void
    package var requested: @Sendable (_ method: String, _ status: Int, _ duration: Duration) -> Void
    package var violated: @Sendable (_ kind: String) -> Void
    package var refused: @Sendable (AcceptRefusal) -> Void

    package init(
        opened: @escaping @Sendable () -> Void = {}, closed: @escaping @Sendable () -> Void = {},
        requested: @escaping @Sendable (String, Int, Duration) -> Void = { _, _, _ in },
        violated: @escaping @Sendable (String) -> Void = { _ in },
        refused: @escaping @Sendable (AcceptRefusal) -> Void = { _ in }
    ) {
        self.opened = opened
        self.closed = closed
        self.requested = requested
        self.violated = violated
        self.refused = refused
    }
}

extension HTTPClient {
    /// Bounds and trust of one loop's client.
    package struct Configuration: Sendable {
        /// Transfers that one loop runs at a time. Each holds about 40 KB; beyond it a start fails with `.overloaded`.
        package var maxTransfersInFlight = 8192
        /// Connections to one host and port. Providers allow a few hundred; further transfers wait within their connect
        /// timeout.
        package var maxConnectionsPerHost = 256
        /// Connections of one loop, idle ones included; the oldest idle one makes room, else transfers wait.
        package var maxConnections = 1024
        /// Idle connections older than this are closed instead of used again: most front ends drop them after a minute.
        package var maxIdleConnectionAge = Duration.seconds(50)
        /// Header lines of one answer, in bytes. Beyond it the transfer fails with `.tooLarge`.
        package var maxHeadBytes = 64 * 1024
        /// Body bytes that wait for one paused consumer before libcurl stops reading its socket.
        package var maxBufferedBytes = 128 * 1024
        /// Easy handles kept for the next transfer; the rest are freed (about 5 KB each).
        package var maxIdleHandles = 64
        /// How long sent bytes may stay unacknowledged before the connection counts as dead.
        package var maxUnacknowledged = Duration.seconds(10)
        /// A proxy's URL. Nil: none, whatever the environment says.
        package var proxy: String?
        /// A PEM file of trusted authorities instead of the system's. For tests only; there is no way to turn
        /// verification off.
        package var authoritiesPath: String?
        package var userAgent = "sala/1"
        /// Hears of each transfer that is over, on the loop. Must not call the client.
        package var observe: (@Sendable (HTTPObservation) -> Void)?

        package init() {}
    }
}

/// Why there is no client.
package enum HTTPClientFailure: Error, Sendable, Equatable {
    /// The linked libcurl would block the loop on name resolution, or cannot be used from several threads.
    case unsuitableLibrary
    case outOfMemory
}

/// What one client may ask of all loops together (docs/LIMITS.md). A client address is an `CountedAddress`. Off with `enforcesRates`.
package struct ClientLimits: Sendable {
    /// Requests a minute, and at once.
    package var generalPerMinute = 100
    /// Tickets and revocations.
    package var authenticationPerMinute = 10
    package var searchPerMinute = 30
    /// WebSocket handshakes.
    package var handshakesPerMinute = 120
    /// Webhooks with a wrong signature.
    package var badSignaturesPerMinute = 20
    /// WebSocket handshakes of all addresses, so that a reconnect storm comes in at a pace that the store can follow.
    package var maxHandshakesPerSecond = 500
    /// Sockets and event streams that are open.
    package var maxSockets = 200
    /// The same of one subject of a tenant, from wherever.
    package var maxSocketsPerSubject = 32
    /// Attempts at a platform's token routes with the tokens of one person, at once and in `tokenAttemptPeriod`.
    package var tokenAttempts = 5
    package var tokenAttemptPeriod = Duration.seconds(900)
    /// Of those, that are not forgotten yet.
    package var maxAttemptBuckets = 16_384
    /// Buckets that are not full, of all addresses and classes.
    package var maxBuckets = 65_536

    package init() {}
}

package import Domain
internal import Primitives
package import WebSocket
internal import WireProtocol

/// The bounds of what clients may ask (docs/LIMITS.md).
package struct GatewayConfiguration: Sendable {
    /// From the handshake to the `hello` frame.
    package var helloTimeout = Duration.seconds(10)
    package var maxSubscriptions = 128
    /// Commands of one socket that wait for their answer.
    package var maxCommandsInFlight = 256
    package var commandsPerSecond = 20
    package var commandBurst = 60
    package var framesPerSecond = 100
    package var frameBurst = 400
    package var signalsPerSecond = 10
    /// What one client address or subject may ask.
    package var clients = ClientLimits()
    package var overload = OverloadLimits()
    /// Off in `sala dev` unless asked for.
    package var enforcesRates = true
    /// Frames that are not in the agreed form before the socket is closed (4501).
    package var maxMalformedFrames = 8
    package var maxFrameBytes = 65_536
    package var heartbeatSeconds = 25
    /// Of the messages on sockets; each loop has a budget of its own for contexts.
    package var compression = CompressionPolicy()
    /// Unsent bytes of one socket beyond which its subscriptions are let lag: they stop, and resume from the log when the
    /// reader has caught up to `catchUpBytes`.
    package var lagBytes = 256 * 1024
    /// Unsent bytes of one socket from which on signals are not delivered to it any more.
    package var signalBytes: Int { lagBytes / 2 }
    package var catchUpBytes = 32 * 1024
    /// Lagging subscriptions of one socket that come back together when it has caught up.
    package var maxReturning = 4
    /// A socket that took nothing for so long while it had something to take is closed (4002).
    package var stallTimeout = Duration.seconds(30)
    /// Before a token expires the client is told, so much ahead.
    package var expiryWarning = Duration.seconds(60)
    /// Events of one page of the log.
    package var maxLogPage = 500
    package var eventStreamHeartbeat = Duration.seconds(15)
    /// How long a façade's request waits for the advisor.
    package var replyTimeout = Duration.seconds(45)
    /// How long a façade's request waits for what becomes of a payment.
    package var outcomeTimeout = Duration.seconds(15)
    /// How long browsers are to use this host with TLS only (RFC 6797); 0 does not tell them.
    package var strictTransportSeconds = 0
    package var build = "dev"
    /// `/v1/echo`, `/demo/chat/token`: `sala dev` only.
    package var isDevelopment = false
    /// Host names whose requests are a tenant's façade without the `/t/{tenant}` prefix.
    package var tenantHosts: [String: String] = [:]
    /// Tenants that have JECO's façade.
    package var chatFacades: Set<String> = ["jeco"]
    /// Tenants that have BaanFoodie's façade.
    package var foodieFacades: Set<String> = ["baanfoodie"]
    /// Tenants that have TrustTrade's façade.
    package var tradeFacades: Set<String> = ["trusttrade"]
    /// Tenants that have Pawn Shop's façade.
    package var pawnshopFacades: Set<String> = ["pawnshop"]
    /// Tenants with a log of who did what.
    package var activityTenants: Set<String> { pawnshopFacades }

    /// Tenants whose subjects may be connected with one device at a time: the newest stays.
    package var singleDeviceTenants: Set<String> = []

    /// Who the advisor is to the tenant's people.
    package func persona(of tenant: String) -> AdvisorPersona {
        pawnshopFacades.contains(tenant) ? .pawnshop : .financial
    }

    package init() {}

    var limits: ServerFrame.Limits {
        ServerFrame.Limits(
            maxFrameBytes: Int64(maxFrameBytes), maxSubscriptions: Int64(maxSubscriptions),
            commandsPerSecond: Int64(commandsPerSecond))
    }
}

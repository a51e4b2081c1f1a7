internal import Authentication
internal import Gateway
internal import LineAccounts
internal import PaymentGateways
internal import Ports
internal import Primitives
internal import Proxies
internal import PushMessaging
internal import Telemetry

/// What a server is run with, in production and in `sala dev`.
struct Configuration: Sendable {
    struct Provider: Sendable {
        var key: Secret
        var model: String
        var baseURL: String
    }

    /// LINE and the slip services.
    struct SlipServices: Sendable {
        var endpoints = LineEndpoints()
        /// For tenants that have none of their own, and after those of tenants that have.
        var credentials: [SlipVerifierCredential] = []
    }

    var host = "0.0.0.0"
    var port: UInt16 = 8080
    /// With these the port speaks TLS, and nothing else.
    var tls: TLSFiles?
    /// A port that leads plain HTTP to the one with TLS.
    var redirectPort: UInt16?
    /// Event loops, one thread each; default: one a core.
    var loops = 1
    var databaseURL = Secret("")
    /// Names this process's place in the cluster: a new process of the same name takes over from the old one.
    var node = "sala-1"
    var tenants: Tenants
    /// Pages that may connect besides those of the tenants.
    var openai: Provider?
    var anthropic: Provider?
    var gemini: Provider?
    /// The order in which providers are tried.
    var providerOrder = ["openai", "anthropic", "gemini"]
    /// Under which tenants' secrets are sealed in the database.
    var sealingKeys: SealingKeys?
    var slipServices = SlipServices()
    /// Tenants' accounts at payment gateways, by tenant.
    var merchants: [String: MerchantAccounts] = [:]
    /// Where the gold price is asked for; nil: nowhere.
    var goldPriceURL: String?
    /// Tenants that have a feed of it, made at the start.
    var goldPriceTenants = ["pawnshop"]
    /// Tenants' Firebase projects, by tenant; without one nobody of the tenant is pushed to.
    var pushAccounts: [String: FirebaseMessaging.Configuration] = [:]
    /// Where the tiles of pages' maps are; nil: they have the background of our own only.
    var mapTiles: TileAddress?
    /// Where Leaflet's files are.
    var leafletFolder = MapAssets.folder
    var logLevel = LogLevel.info
    var enforcesRates = true
    /// Load balancers and the like in front, whose word on a client's address counts.
    var proxies = TrustedProxies()
    /// Open connections, in all and of one client address.
    var maxConnections = 18_000
    var maxConnectionsPerAddress = 256
    /// Connections to one host that is called, over all loops. One that speaks HTTP/2 takes some hundred calls on each.
    var maxProviderConnections = 512
    /// Without subscribers and work for this long, a session is let go.
    var idleTimeout = Duration.seconds(300)
    /// From SIGTERM to the exit at the latest.
    var drainTimeout = Duration.seconds(20)
    var isDevelopment = false

    static let maxLoops = 64
}

package import Domain
package import PaymentGateways
package import Ports
package import Primitives
package import Reactor
package import Sessions

/// What one loop of the gateway needs of that loop: its sessions and the store's reading side.
package struct LoopServices: Sendable {
    package let loop: EventLoop
    package let registry: SessionRegistry
    package let directory: any ConversationDirectory
    package let revocations: any RevocationStore
    /// Entries that the loop's journal has not written yet. Called on the loop.
    package let backlog: @Sendable () -> Int
    /// Where tenants of the slip service are set up, and which slip has which reference.
    package let settings: any TenantSettingsStore
    package let claims: any SlipClaimStore
    /// What the scan routes of a tenant call outside; called once a tenant. Its LINE account is one that nobody has.
    package let slipServices: @Sendable (_ tenant: String) -> any LineAccountServices
    package let administration: any BackEndAdministration
    /// What people name by its address.
    package let files: any PublicFileSource
    /// What is stored of payments.
    package let payments: any PaymentStore
    /// What is stored of orders.
    package let orders: any OrderDirectory
    /// What is stored of the gold price.
    package let goldPrices: any GoldPriceHistory
    /// What platforms' back ends have told.
    package let facts: any PlatformFactStore
    /// Pages where the payments that live here are paid.
    package let checkouts: any CheckoutService
    /// Who did what in a tenant.
    package let activities: any ActivityLog

    package init(
        loop: EventLoop, registry: SessionRegistry, directory: any ConversationDirectory,
        revocations: any RevocationStore, backlog: @escaping @Sendable () -> Int, settings: any TenantSettingsStore,
        claims: any SlipClaimStore, slipServices: @escaping @Sendable (_ tenant: String) -> any LineAccountServices,
        administration: any BackEndAdministration, files: any PublicFileSource, payments: any PaymentStore,
        orders: any OrderDirectory, goldPrices: any GoldPriceHistory, facts: any PlatformFactStore,
        checkouts: any CheckoutService, activities: any ActivityLog
    ) {
        self.loop = loop
        self.registry = registry
        self.directory = directory
        self.revocations = revocations
        self.backlog = backlog
        self.settings = settings
        self.claims = claims
        self.slipServices = slipServices
        self.administration = administration
        self.files = files
        self.payments = payments
        self.orders = orders
        self.goldPrices = goldPrices
        self.facts = facts
        self.checkouts = checkouts
        self.activities = activities
    }
}

/// Is the server ready for work, and if not, what is missing.
package struct ReadinessReport: Sendable {
    package var isReady: Bool
    /// `database: "ok"`, …
    package var checks: [(name: String, state: String)]

    package init(isReady: Bool, checks: [(name: String, state: String)]) {
        self.isReady = isReady
        self.checks = checks
    }
}

/// Whom a demo page is shown as.
package enum DemoVisitor: Sendable, CaseIterable {
    /// Who talks to the advisor.
    case customer
    /// Who looks after a tenant's slips.
    case slipStaff
    /// Who asks for money, and sends orders on their way.
    case shop
    /// Who brings them.
    case rider
    /// Who looks at the gold price, and who answers for it.
    case goldBuyer, goldStaff
}

/// What the pages make the stand-ins do.
package enum DemoAct: Sendable {
    /// Customers whom the tenant's back end knows.
    case people
    /// A customer pays a PromptPay code; what the stand-in for a bank has to know of it, as its control takes it.
    case transfer([UInt8])
    /// The gold traders announce a price, as the stand-in's control takes it.
    case announce([UInt8])
    /// A customer sends a picture; what the stand-in for LINE has to know of it, as its control takes it.
    case send([UInt8])
}

/// What demo pages need that no server has: tokens for nothing, and a world that can be made to move.
package struct DemoServices: Sendable {
    /// JSON.
    package typealias Answer = (status: Int, body: [UInt8])

    /// A token for a visitor.
    package let token: @Sendable (DemoVisitor) -> String
    /// Called on a loop of the gateway; the completion too. nil: the stand-ins do not answer.
    package let play: @Sendable (DemoAct, @escaping @Sendable (Answer?) -> Void) -> Void

    package init(
        token: @escaping @Sendable (DemoVisitor) -> String,
        play: @escaping @Sendable (DemoAct, @escaping @Sendable (Answer?) -> Void) -> Void
    ) {
        self.token = token
        self.play = play
    }
}

/// Everything the gateway stands on.
package struct GatewayServices: Sendable {
    package let loops: [LoopServices]
    package let identity: Identity
    package let random: any RandomSource
    /// The tenants of the slip service.
    package let tenants: TenantBook
    /// Pictures of slips that payments have not looked at yet.
    package let pictures: HeldPictures
    /// By tenant.
    package let merchants: [String: MerchantAccounts]
    package let readiness: @Sendable () -> ReadinessReport
    package let metricsText: @Sendable () -> [UInt8]
    /// Quick; called on any loop.
    package let process: @Sendable () -> ProcessFigures
    /// `sala dev` only.
    package let demo: DemoServices?
    /// What the maps of pages are drawn with.
    package let map: MapAssets

    package init(
        loops: [LoopServices], identity: Identity, random: any RandomSource, tenants: TenantBook,
        pictures: HeldPictures, merchants: [String: MerchantAccounts],
        readiness: @escaping @Sendable () -> ReadinessReport, metricsText: @escaping @Sendable () -> [UInt8],
        demo: DemoServices?, map: MapAssets = MapAssets(),
        process: @escaping @Sendable () -> ProcessFigures = { ProcessFigures() }
    ) {
        self.loops = loops
        self.identity = identity
        self.random = random
        self.tenants = tenants
        self.pictures = pictures
        self.merchants = merchants
        self.readiness = readiness
        self.metricsText = metricsText
        self.process = process
        self.demo = demo
        self.map = map
    }

    /// The loop that an address lives on.
    func homeIndex(of address: SessionAddress) -> Int { Int(address.stableHash % UInt64(loops.count)) }

    /// The registry that an address with this `stableHash` lives in.
    func registry(ofHash hash: UInt64) -> SessionRegistry { loops[Int(hash % UInt64(loops.count))].registry }

    /// Runs `use` with the registry that an address lives in, on its loop.
    package func withRegistry(of address: SessionAddress, _ use: @escaping @Sendable (SessionRegistry) -> Void) {
        let registry = loops[homeIndex(of: address)].registry
        registry.loop.execute { use(registry) }
    }

    /// Like `withRegistry`, but never inside the caller's own call: for what a session's own delivery leads to.
    package func afterwardsWithRegistry(
        of address: SessionAddress, _ use: @escaping @Sendable (SessionRegistry) -> Void
    ) {
        let registry = loops[homeIndex(of: address)].registry
        registry.loop.submit { use(registry) }
    }
}

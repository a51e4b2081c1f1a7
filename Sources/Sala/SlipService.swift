internal import Authentication
internal import Domain
internal import HTTPClient
internal import LineAccounts
internal import Ports
internal import PostgresStore
internal import Primitives
internal import Reactor
internal import Sessions
internal import SlipImages
internal import SlipQR
internal import Telemetry

/// The slip service as all loops share it: who its tenants are, their account lists, the threads that read pictures.
struct SlipService: Sendable {
    let book: TenantBook
    private let accounts = TenantAccounts()
    private let pictures: SlipReaderPool
    private let configuration: Configuration.SlipServices
    private let sealer: Sealer
    private let random: any RandomSource
    private let log: Log

    init(_ configuration: Configuration, random: any RandomSource, log: Log) throws(CommandFailure) {
        guard let keys = configuration.sealingKeys else {
            throw CommandFailure(.configuration, "sala: SALA_SEALING_KEYS: missing")
        }
        do {
            pictures = try SlipReaderPool()
        } catch {
            throw CommandFailure(.unavailable, "sala: no thread to read pictures: \(error)")
        }
        sealer = Sealer(keys, random: random)
        self.configuration = configuration.slipServices
        book = TenantBook(configured: configuration.slipServices.credentials)
        self.random = random
        self.log = log
    }

    /// What belongs to one loop.
    struct Part: Sendable {
        let settings: any TenantSettingsStore
        let claims: any SlipClaimStore
        let client: HTTPClient
        let service: SlipService
    }

    func part(pool: PostgresPool, client: HTTPClient) -> Part {
        let settings = PostgresTenantSettings(pool: pool, sealer: sealer) { [log] observation in
            switch observation {
            case .resealed(let count):
                log.notice("secrets sealed anew under the newest key", ["secrets": .integer(count)])
            case .foundCorruption(let failure):
                log.error("a tenant's settings cannot be read", ["error.message": .text("\(failure)")])
            }
        }
        return Part(settings: settings, claims: PostgresSlipClaims(pool: pool), client: client, service: self)
    }

    /// Reads who the tenants are, and sets up those of `sala dev` that are not there. Called once, before anything is accepted.
    func load(_ part: Part, on loop: EventLoop, demo: [TenantSettings]) throws(CommandFailure) {
        let result: Result<(tenants: [TenantSettings], shared: [SlipVerifierCredential]), StoreFailure> = loop.await {
            done in part.settings.load { done($0) }
        }
        switch result {
        case .success(let (tenants, shared)):
            book.replace(tenants, shared: shared)
        case .failure(.corrupt):
            throw CommandFailure(
                .configuration,
                "sala: a tenant's secret cannot be opened; does SALA_SEALING_KEYS still have the key it was sealed with?"
            )
        case .failure: throw CommandFailure(.unavailable, "sala: the tenants of the slip service cannot be read")
        }
        for settings in demo {
            for change in settings.changes(from: book[settings.tenant.id]) {
                let failure: StoreFailure? = loop.await { done in part.settings.write(change) { done($0) } }
                guard failure == nil else {
                    throw CommandFailure(.unavailable, "sala: the demo tenants cannot be written")
                }
                book.apply(change)
            }
        }
    }

    func stop() { pictures.stop() }

    /// Looks at slips for whoever shows them to the tenant; each session has its own.
    func verification(for address: SessionAddress, _ part: Part) -> any SlipVerification {
        services(for: SessionAddress(tenant: address.tenant, kind: .lineAccount, id: Self.noAccount), part)
    }

    /// What the session of a LINE account calls outside.
    func services(for address: SessionAddress, _ part: Part) -> LineAccountAdapter {
        LineAccountAdapter(
            address: address, loop: part.client.loop, client: part.client, book: book, claims: part.claims,
            accounts: accounts, readSlip: { read($0, on: $1, $2) }, endpoints: configuration.endpoints, random: random,
            adminExpired: { expire($0, part) })
    }

    /// The same for what is asked without a LINE account, over the platform's own routes.
    func services(of tenant: String, _ part: Part) -> LineAccountAdapter {
        services(for: SessionAddress(tenant: tenant, kind: .lineAccount, id: Self.noAccount), part)
    }

    /// No LINE account has this id: there is nothing to send.
    private static let noAccount = ""

    private func read(_ image: [UInt8], on loop: EventLoop, _ completion: @escaping @Sendable (QRAnswer) -> Void) {
        pictures.read(image, on: loop) { completion(QRAnswer($0)) }
    }

    /// The back end does not take the administrator's session any more: the table says so, too.
    private func expire(_ tenant: String, _ part: Part) {
        guard let session = book[tenant]?.adminSession, session.status == .active else { return }
        let change = TenantSettingsChange.expireAdminSession(
            tenant: tenant, since: session.updatedAt, at: part.client.loop.time.wallClock)
        book.apply(change)
        log.notice("a back end does not take the administrator's session any more", ["sala.tenant": .text(tenant)])
        part.settings.write(change) { [log] failure in
            // Asked again after a restart, the back end says it again.
            if failure != nil { log.warning("the administrator's session is not marked as expired in the store") }
        }
    }
}

extension QRAnswer {
    init(_ reading: SlipImageReading) {
        switch reading {
        case .slip(let slip, let payload):
            if let bank = BankCode(slip.sendingBank),
                let reference = SlipReference(bank: bank, transRef: slip.reference)
            {
                self = .slip(reference, payload: payload)
            } else {
                self = .none
            }
        case .foreign: self = .foreign
        case .none: self = .none
        }
    }
}

extension TenantSettings {
    /// What makes `known` this. Where a demo tenant was changed by hand it stays so, but for where its back end is.
    fileprivate func changes(from known: TenantSettings?) -> [TenantSettingsChange] {
        guard let known else {
            return [.tenant(tenant)] + channels.map { .channel($0) } + verifiers.map { .verifier($0) }
                + mappings.map { .mapping(tenant: tenant.id, $0) } + (adminSession.map { [.adminSession($0)] } ?? [])
        }
        var changes: [TenantSettingsChange] = []
        if known.tenant.apiBaseURL != tenant.apiBaseURL {
            var moved = known.tenant
            moved.apiBaseURL = tenant.apiBaseURL
            changes.append(.tenant(moved))
        }
        changes += channels.filter { channel in
            let before = known.channel(channel.id)
            return before?.channelSecret != channel.channelSecret || before?.accessToken != channel.accessToken
        }.map { .channel($0) }
        return changes
    }
}

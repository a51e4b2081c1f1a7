package import Domain
package import HTTPClient
internal import LINEMessaging
package import Ports
package import Primitives
package import Reactor

/// What the session of one LINE account calls outside, over HTTP. What it needs to know of the tenant is looked up in the book at
/// the time of each call, so that a changed credential counts at once, for calls that are tried again, too.
///
/// Sendable because it is confined to its session's loop (`preconditionOnLoop` at every entry point).
package final class LineAccountAdapter: LineAccountServices, @unchecked Sendable {
    /// Looks for a slip's mini-QR off the loop; answers on it.
    package typealias SlipReader =
        @Sendable ([UInt8], EventLoop, @escaping @Sendable (QRAnswer) -> Void) -> Void

    let address: SessionAddress
    let loop: EventLoop
    let client: HTTPClient
    let book: TenantBook
    let claims: any SlipClaimStore
    let accounts: TenantAccounts
    let reader: SlipReader
    let endpoints: LineEndpoints
    let random: any RandomSource
    let limits: BackEndLimits
    let reportExpired: @Sendable (String) -> Void
    private(set) var isClosed = false
    /// What is under way, to be cancelled at the end.
    private var transfers: [UInt64: HTTPTransfer] = [:]
    private var callCount: UInt64 = 0

    /// `client` is the loop's. `adminExpired` runs on the loop when the tenant's back end does not take the session that is in
    /// the book (any more); maybe several times until the book says so, too.
    package init(
        address: SessionAddress, loop: EventLoop, client: HTTPClient, book: TenantBook, claims: any SlipClaimStore,
        accounts: TenantAccounts, readSlip: @escaping SlipReader, endpoints: LineEndpoints = LineEndpoints(),
        random: any RandomSource, limits: BackEndLimits = BackEndLimits(),
        adminExpired: @escaping @Sendable (String) -> Void
    ) {
        self.address = address
        self.loop = loop
        self.client = client
        self.book = book
        self.claims = claims
        self.accounts = accounts
        reader = readSlip
        self.endpoints = endpoints
        self.random = random
        self.limits = limits
        reportExpired = adminExpired
    }

    package var live: LineAccountLive {
        loop.preconditionOnLoop()
        guard let settings else { return LineAccountLive(verifiers: []) }
        return LineAccountLive(
            verifiers: verifiers,
            settings: NoticeSettings(
                repliesToImages: settings.messages.imageReplyEnabled,
                repliesToDuplicates: settings.messages.duplicateReplyEnabled),
            accounts: accounts.list(for: settings),
            accountsLifetime: .seconds(60 * Int64(min(max(settings.tenant.accountListTTLMinutes, 1), 1_440))))
    }

    package var verifiers: [String] { book.verifiers(of: address.tenant).map(\.name) }

    package func close() {
        loop.preconditionOnLoop()
        isClosed = true
        let open = transfers.values
        transfers = [:]
        for transfer in open { transfer.cancel() }
    }

    // MARK: For the calls

    var settings: TenantSettings? { book[address.tenant] }

    /// LINE's API with the channel's token; nil when there is no such channel.
    var line: MessagingAPI? {
        guard let channel = settings?.channel(address.id) else { return nil }
        var configuration = MessagingAPI.Configuration(accessToken: channel.accessToken)
        configuration.baseURL = endpoints.lineAPI
        configuration.contentBaseURL = endpoints.lineContent
        return MessagingAPI(configuration)
    }

    /// Sends, and reports what came once, in a later turn; nothing after `close()`.
    func send(_ request: HTTPClientRequest, _ receive: @escaping (Result<HTTPResponse, TransportFailure>) -> Void) {
        guard !isClosed else { return }
        callCount &+= 1
        let number = callCount
        transfers[number] = client.collect(request) { [self] result in
            guard transfers.removeValue(forKey: number) != nil else { return }
            receive(result)
        }
    }

    /// The answer to a call for which nothing has to be sent.
    func answer<Answer: Sendable>(_ answer: Answer, _ completion: @escaping @Sendable (Answer) -> Void) {
        loop.afterwards { [self] in
            if !isClosed { completion(answer) }
        }
    }
}

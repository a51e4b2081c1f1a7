internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// A page of one session that is opened by a link with a ticket in it: `/demo/pay/{id}`, `/demo/track/{id}`.
///
/// The ticket is for once, so that a link in a log, in a history or in somebody's preview opens nothing; the page trades it for
/// a token that outlives a reload. That token can do what a guest of this one session may, and no more.
struct LinkedPage: Sendable {
    /// What a ticket's owner has to do with the session.
    enum Standing: Sendable {
        /// Till when there is something to do on the page; nil: until somebody ends it.
        case welcome(until: Timestamp?)
        case refused
    }

    /// Looks at the session; `refused` and `found` are called on any loop.
    typealias Look =
        @Sendable (
            _ registry: SessionRegistry, _ address: SessionAddress, _ caller: Caller,
            _ refused: @escaping @Sendable (Fault) -> Void, _ found: @escaping @Sendable (Standing) -> Void
        ) -> Void

    /// How long a link's token outlives what there is to do: for what comes of it in the end.
    private static let afterlife = Duration.seconds(3_600)
    /// From now. What lasts longer needs a new link then.
    private static let maxLifetime = Duration.seconds(86_400)

    /// Such as `/demo/pay`.
    private let folder: String
    private let pages: [String: Page]
    private let kind: SessionKind
    private let hasMap: Bool
    private let refusal: String
    private let look: Look

    /// - Parameters:
    ///   - hasMap: whether its pictures may come from where tiles are.
    ///   - refusal: why a stranger's ticket is refused, in the fault's words.
    init(
        _ folder: String, _ pages: [String: Page], of kind: SessionKind, hasMap: Bool = false, refusal: String,
        look: @escaping Look
    ) {
        self.folder = folder
        self.pages = pages
        self.kind = kind
        self.hasMap = hasMap
        self.refusal = refusal
        self.look = look
    }

    /// The page is the same for every session; it asks for what it shows by itself.
    func page(_ request: RoutedRequest) {
        guard request.request.path.raw != folder else { return PageEndpoint.lead(request, to: folder + "/") }
        PageEndpoint.serve(pages, "index.html", request, images: hasMap ? request.services.map.tiles?.origin : nil)
    }

    func file(_ request: RoutedRequest, _ parameters: PathParameters) {
        PageEndpoint.serve(pages, parameters["file"] ?? "", request)
    }

    /// `{"ticket":"…"}` of somebody who may give the session away, for `{"token":"…","expiresAt":"…"}`.
    func token(_ request: RoutedRequest, _ parameters: PathParameters) {
        let principal: Principal
        let address: SessionAddress
        do throws(Fault) {
            principal = try Self.principal(request)
            let path = kind.rawValue + "/" + (parameters["id"] ?? "")
            guard let found = SessionAddress(tenant: principal.tenant, path: path) else { throw Fault(.noSuchSession) }
            address = found
        } catch {
            return request.refuse(error)
        }
        let refusal = refusal
        let found: @Sendable (Standing) -> Void = request.onLoop { standing in
            switch standing {
            case .refused: request.refuse(Fault(.forbidden, refusal))
            case .welcome(let until): Self.answer(request, address, until)
            }
        }
        let refused: @Sendable (Fault) -> Void = request.onLoop { request.refuse($0) }
        let (caller, look) = (principal.caller, look)
        request.services.withRegistry(of: address) { look($0, address, caller, refused, found) }
    }

    private static func principal(_ request: RoutedRequest) throws(Fault) -> Principal {
        guard request.origin != .refused else { throw Fault(.originRefused) }
        let body: JSONValue
        do { body = try JSONParser.parse(request.request.body) } catch {
            throw Fault(.malformed, "the body is not JSON")
        }
        guard let ticket = body["ticket"]?.string else { throw Fault(.malformed, "ticket is a string") }
        // Guests are not served here: else a link could be renewed for ever by who has it.
        return try request.redeem(ticket)
    }

    private static func answer(_ request: RoutedRequest, _ address: SessionAddress, _ until: Timestamp?) {
        let identity = request.services.identity
        let now = identity.time.wallClock
        let latest = now.advanced(by: maxLifetime)
        let expires = until.map { min(max($0, now).advanced(by: afterlife), latest) } ?? latest
        guard let grant = Grant(address.path + ":" + Grant.Access.write.rawValue) else {
            return request.refuse(Fault(.noSuchSession))
        }
        do throws(Fault) {
            let token = try identity.signLink(
                tenant: address.tenant, subject: "link:" + address.path, grants: [grant], expires: expires)
            request.respond(
                .created, secret: ["token": .string(token.reveal()), "expiresAt": .string(expires.rfc3339)])
        } catch {
            request.refuse(error)
        }
    }
}

extension LinkedPage {
    /// Who may pay the payment, may give that away.
    static let pay = LinkedPage(
        "/demo/pay", Pages.pay, of: .payment, refusal: "whose ticket this is may not pay that payment"
    ) { registry, address, caller, refused, found in
        registry.readPayment(
            address, caller, refused, { $0.mayPay(caller) ? .welcome(until: $0.expiresAt) : .refused }, found)
    }

    /// Whose order it is, and who serves the tenant. A rider or a provider sees the order too, but not as its customer.
    static let track = LinkedPage(
        "/demo/track", Pages.track, of: .order, hasMap: true,
        refusal: "whose ticket this is may not show that order to others"
    ) { registry, address, caller, refused, found in
        // Of an order that is over there is only to be seen how it ended: any time that has passed stands for that.
        registry.readOrder(
            address, caller, refused,
            { order in
                guard caller.role.servesTenant || order.facts.customer == caller.subject else { return .refused }
                return .welcome(until: order.isTerminal ? order.updatedAt : nil)
            }, found)
    }
}

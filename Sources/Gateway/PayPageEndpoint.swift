internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// `/demo/pay/{id}`: the page that a customer pays on, opened by a link with a ticket in it.
///
/// The ticket is for once, so that a link in a log, in a history or in somebody's preview opens nothing; the page trades it for
/// a token that outlives a reload. That token can do what paying takes and no more: read this payment, and show slips for it.
enum PayPageEndpoint {
    /// How long a link's token outlives the time in which the payment may be paid: for what comes of the last slip.
    private static let afterlife = Duration.seconds(3_600)
    /// From now. A payment that may be paid for longer needs a new link then.
    private static let maxLinkLifetime = Duration.seconds(86_400)
    private static let folder = "/demo/pay"

    /// The page is the same for every payment; it asks for what it shows by itself.
    static func page(_ request: RoutedRequest) {
        guard request.request.path.raw != folder else { return PageEndpoint.lead(request, to: folder + "/") }
        PageEndpoint.serve(Pages.pay, "index.html", request)
    }

    static func file(_ request: RoutedRequest, _ parameters: PathParameters) {
        PageEndpoint.serve(Pages.pay, parameters["file"] ?? "", request)
    }

    /// `{"ticket":"…"}` of somebody who may pay the payment, for `{"token":"…","expiresAt":"…"}`.
    static func token(_ request: RoutedRequest, _ parameters: PathParameters) {
        let principal: Principal
        let address: SessionAddress
        do throws(Fault) {
            principal = try self.principal(request)
            let path = SessionKind.payment.rawValue + "/" + (parameters["id"] ?? "")
            guard let found = SessionAddress(tenant: principal.tenant, path: path) else { throw Fault(.noSuchSession) }
            address = found
        } catch {
            return request.refuse(error)
        }
        let found: @Sendable (Timestamp?) -> Void = request.onLoop { payableUntil in
            guard let payableUntil else {
                return request.refuse(Fault(.forbidden, "whose ticket this is may not pay that payment"))
            }
            answer(request, address, payableUntil)
        }
        let refused: @Sendable (Fault) -> Void = request.onLoop { request.refuse($0) }
        let caller = principal.caller
        request.services.withRegistry(of: address) {
            $0.readPayment(address, caller, refused, { $0.mayPay(caller) ? $0.expiresAt : nil }, found)
        }
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

    private static func answer(_ request: RoutedRequest, _ address: SessionAddress, _ payableUntil: Timestamp) {
        let identity = request.services.identity
        let now = identity.time.wallClock
        let expires = min(
            max(payableUntil, now).advanced(by: afterlife), now.advanced(by: maxLinkLifetime))
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

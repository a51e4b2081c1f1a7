internal import Authentication
internal import Domain
internal import HTTP1
internal import PaymentGateways
internal import Transport
internal import WireProtocol

/// AI TrustTrade's routes of payments, transactions, escrow, bookings, chats and notifications, with the paths and the envelope of the
/// platform's document.
/// They stand below `/t/{tenant}`, with and without the document's `/v1`, and on the tenant's own host names.
enum TradeRoute: Sendable {
    case createPayment, payment, webhook, refundPayment
    case transactions, transaction
    case createEscrow, release, refund
    case bookings, booking, changeBooking(BookingChange)
    case chats, openChat, chat, messages, sendMessage, readChat
    case notifications, unreadNotifications, readNotification, readAllNotifications, deleteNotification

    /// First segments of their paths.
    static let folders: Set<String> = ["payments", "transactions", "escrow", "bookings", "chats", "notifications"]

    func refuse(_ routed: RoutedRequest, _ fault: Fault) { TradeEnvelope(routed).refuse(TradeRefusal(fault)) }

    func serve(_ routed: RoutedRequest, _ parameters: PathParameters) {
        let envelope = TradeEnvelope(routed)
        let tenant = parameters["tenant"] ?? ""
        guard routed.gateway.configuration.tradeFacades.contains(tenant) else {
            return envelope.refuse(TradeRefusal(Fault(.noSuchSession, "the tenant has no such façade")))
        }
        if case .webhook = self {
            return PaymentWebhookEndpoint.receive(routed, tenant: tenant, provider: GatewayName.paymongo.rawValue)
        }
        do throws(TradeRefusal) {
            let principal: Principal
            do throws(Fault) { principal = try routed.authenticate() } catch { throw TradeRefusal(error) }
            guard principal.tenant == tenant else {
                throw TradeRefusal(Fault(.forbidden, "the token is another tenant's"))
            }
            try serve(
                TradeRequest(routed: routed, parameters: parameters, envelope: envelope, principal: principal))
        } catch {
            envelope.refuse(error)
        }
    }

    private func serve(_ request: TradeRequest) throws(TradeRefusal) {
        switch self {
        case .createPayment: try TradeOpening.payment(request)
        case .createEscrow: try TradeOpening.escrow(request)
        case .payment: try TradeReading.one(request, TradeView.payment)
        case .transaction: try TradeReading.one(request, TradeView.transaction)
        case .transactions: try TradeReading.list(request)
        case .refundPayment: try TradeCommands.refundPayment(request)
        case .refund: try TradeCommands.refund(request)
        case .release: try TradeCommands.release(request)
        case .bookings: try BookingRoutes.list(request)
        case .booking: try BookingRoutes.one(request)
        case .changeBooking(let change): try BookingRoutes.apply(change, request)
        case .chats: try TradeChatRoutes.list(request)
        case .openChat: try TradeChatRoutes.open(request)
        case .chat: try TradeChatRoutes.one(request)
        case .messages: try TradeChatRoutes.messages(request)
        case .sendMessage: try TradeChatRoutes.send(request)
        case .readChat: try TradeChatRoutes.markRead(request)
        case .notifications: try NotificationRoutes.list(request)
        case .unreadNotifications: try NotificationRoutes.unreadCount(request)
        case .readNotification: try NotificationRoutes.markRead(request)
        case .readAllNotifications: try NotificationRoutes.markAllRead(request)
        case .deleteNotification: try NotificationRoutes.delete(request)
        case .webhook: break
        }
    }
}

/// A request of one of those routes, from a bearer of the tenant.
struct TradeRequest: Sendable {
    let routed: RoutedRequest
    let parameters: PathParameters
    let envelope: TradeEnvelope
    let principal: Principal

    var caller: Caller { principal.caller }
    var servesTenant: Bool { principal.role.servesTenant }

    /// The payment of the path's `{id}`.
    func address() throws(TradeRefusal) -> SessionAddress {
        guard let address = address(parameters["id"] ?? "") else { throw TradeRefusal(Fault(.noSuchSession)) }
        return address
    }

    func address(_ id: String) -> SessionAddress? {
        SessionAddress.isValid(id: id) ? SessionAddress(tenant: principal.tenant, kind: .payment, id: id) : nil
    }

    func fields() throws(TradeRefusal) -> OrderFields {
        do throws(Fault) { return try OrderFields(routed.request.body) } catch { throw TradeRefusal(error) }
    }

    func refuse(_ fault: Fault) { envelope.refuse(TradeRefusal(fault)) }
}

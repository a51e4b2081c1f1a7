internal import Authentication
internal import Domain
internal import HTTP1
internal import Ports
internal import Primitives
internal import Sessions
internal import WireProtocol

/// A payment that a façade makes for whoever asks, and the page where it is paid, if it is paid at a gateway.
///
/// The session comes first: a gateway that cannot be asked leaves a pending payment, which expires by itself; whoever asks
/// again with the same `Idempotency-Key` gets the same payment, and its page.
struct PaymentOpening: Sendable {
    let address: SessionAddress
    let facts: PaymentFacts
    /// For the payer to read, on the gateway's page.
    let description: String
    /// The gateway's names of ways to pay.
    var methods: [String] = []

    /// What was made: the page's address where there is one.
    typealias Opened = (payment: Payment, page: String?)

    /// The address of the payment that is asked for: with an `Idempotency-Key`, the same one for the same subject each time.
    static func address(_ request: RoutedRequest, _ caller: Caller) throws(Fault) -> SessionAddress {
        let id = try key(request, caller).map { "txn_" + $0 } ?? request.services.random.identifier("txn")
        return SessionAddress(tenant: caller.tenant, kind: .payment, id: id)
    }

    /// Who asks with which `Idempotency-Key`, as 32 hexadecimal digits; nil without one.
    static func key(_ request: RoutedRequest, _ caller: Caller) throws(Fault) -> String? {
        let keys = request.request.headers.all("Idempotency-Key")
        guard keys.count <= 1 else { throw Fault(.invalidCommand, "one Idempotency-Key, please") }
        guard let key = keys.first else { return nil }
        guard ClientFrame.isValid(key: key) else {
            throw Fault(
                .invalidCommand, "Idempotency-Key has 1 to \(ClientFrame.maxKeyBytes) visible ASCII characters")
        }
        // Neither the tenant nor a subject of a token has this byte in it.
        let named = Array(caller.subject.utf8) + [0] + Array(key.utf8)
        return SHA256.digest(named).prefix(16).map(hexadecimal).joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }

    /// Calls one of both, once, on the request's loop.
    func begin(
        _ request: RoutedRequest, _ caller: Caller, refused: @escaping @Sendable (Fault) -> Void,
        opened: @escaping @Sendable (Opened) -> Void
    ) {
        if let fault = request.gateway.refusalOfCommand(to: address) { return refused(fault) }
        let refused = request.onLoop(refused)
        let opened = request.onLoop(opened)
        let services = request.services
        let checkouts = services.loops[services.homeIndex(of: address)].checkouts
        services.withRegistry(of: address) { registry in
            registry.create(address, .payment(facts)) { result in
                if case .failure(let fault) = result { return refused(Self.refusal(fault)) }
                registry.readPayment(address, caller, refused, { $0 }) { payment in
                    guard payment.status == .pending else {
                        return refused(Fault(.tooLate, "the payment is \(payment.status.rawValue)"))
                    }
                    guard let gateway = facts.gateway else { return opened((payment, nil)) }
                    let order = CheckoutOrder(
                        address: address, gateway: gateway, amount: facts.amount, description: description,
                        methods: methods)
                    checkouts.open(order) { answer in
                        do throws(Fault) { opened((payment, try Self.page(answer))) } catch { refused(error) }
                    }
                }
            }
        }
    }

    /// Only another request with the same key finds a session there.
    private static func refusal(_ fault: Fault) -> Fault {
        fault.code == .rejected ? Fault(.keyReused, "the Idempotency-Key was used for another payment") : fault
    }

    private static func page(_ answer: CheckoutAnswer) throws(Fault) -> String {
        switch answer {
        case .page(let url): return url
        case .refused(let code):
            throw Fault(.providerPolicy, "the payment gateway refused the payment" + (code.map { ": " + $0 } ?? ""))
        case .unavailable:
            throw Fault(.providerUnavailable, "the payment gateway does not answer", retryAfter: .seconds(5))
        case .busy:
            throw Fault(.overloaded, "too many payments are being opened", retryAfter: .seconds(2))
        case .unconfigured: throw Fault(.unsupported, "the tenant has no account at that payment gateway")
        }
    }
}

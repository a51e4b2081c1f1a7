internal import Domain
internal import HTTP1
internal import Transport
internal import WireProtocol

/// BaanFoodie's payment and order routes (`/t/{tenant}/api/transaction…`, `…/payment…`, `…/qr…`, `…/order…`), with the paths, bodies, envelope and codes of the
/// platform's document; and what its back end tells of branches and carts.
enum FoodieRoute: Sendable {
    case methods, create, transaction, details, list
    case payment, slip
    case code, exampleCode
    case setBranch, setCart
    case orders, order, orderOfTransaction

    func serve(_ routed: RoutedRequest, _ parameters: PathParameters) {
        guard let request = FoodieRequest(routed, parameters) else { return Self.refuseTenant(routed) }
        request.attempt { () throws(FoodieRefusal) in
            switch self {
            case .methods: try TransactionRoutes.methods(request)
            case .create: try CreateTransactionRoute.create(request)
            case .transaction: try TransactionRoutes.get(request)
            case .details: try TransactionRoutes.details(request)
            case .list: try TransactionRoutes.list(request)
            case .payment: try FoodiePaymentRoutes.begin(request)
            case .slip: try FoodieSlipRoute.receive(request)
            case .code: try FoodiePaymentRoutes.code(request)
            case .exampleCode: FoodiePaymentRoutes.exampleCode(request)
            case .setBranch: try FoodieFactRoutes.setBranch(request)
            case .setCart: try FoodieFactRoutes.setCart(request)
            case .orders: try OrderRoutes.list(request)
            case .order: try OrderRoutes.details(request)
            case .orderOfTransaction: try OrderRoutes.ofTransaction(request)
            }
        }
    }

    func refuse(_ routed: RoutedRequest, _ fault: Fault) { routed.exchange.respond(FoodieRefusal(fault).response) }

    /// For a method that the path does not have.
    func refuseMethod(_ routed: RoutedRequest, _ parameters: PathParameters, allowed: [HTTPMethod]) {
        guard FoodieRequest(routed, parameters) != nil else { return Self.refuseTenant(routed) }
        var response = FoodieRefusal(.methodNotAllowed).response
        response.headers.set("Allow", allowed.map(\.token).joined(separator: ", "))
        routed.exchange.respond(response)
    }

    private static func refuseTenant(_ routed: RoutedRequest) {
        routed.exchange.respond(
            HTTPResponse(problem: Fault(.noSuchSession, "the tenant has no such façade"), status: .notFound))
    }

    /// Bodies with pictures of slips are larger than others: below a tenant, and on its own host names.
    static let bodyAllowances: [BodyAllowance] = ["/api/payment/slipok", "/t/{tenant}/api/payment/slipok"]
        .compactMap { BodyAllowance(.post, $0, maxBytes: PaymentEndpoint.maxPictureBodyBytes) }
}

internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import Sessions
internal import Transport
internal import WireProtocol

/// A request of one of BaanFoodie's routes, below its own tenant.
struct FoodieRequest: Sendable {
    let routed: RoutedRequest
    let parameters: PathParameters
    /// That of the path, which has the façade.
    let tenant: String

    /// nil when the tenant has no such façade.
    init?(_ routed: RoutedRequest, _ parameters: PathParameters) {
        let tenant = parameters["tenant"] ?? ""
        guard routed.gateway.configuration.foodieFacades.contains(tenant) else { return nil }
        self.routed = routed
        self.parameters = parameters
        self.tenant = tenant
    }

    var http: HTTPRequest { routed.request }
    var own: LoopServices { routed.gateway.own }
    var now: Timestamp { routed.exchange.loop.time.wallClock }

    /// A bearer of the tenant's.
    func principal() throws(FoodieRefusal) -> Principal {
        let principal: Principal
        do throws(Fault) { principal = try routed.authenticate() } catch {
            // What exactly is wrong with a token is not this page's matter.
            throw error.code == .unauthenticated ? FoodieRefusal(.unauthorized) : FoodieRefusal(error)
        }
        guard principal.tenant == tenant else { throw FoodieRefusal(.forbidden, "the token is another tenant's") }
        return principal
    }

    /// The platform's own back end.
    func service() throws(FoodieRefusal) {
        guard try principal().role == .service else {
            throw FoodieRefusal(.forbidden, "only the platform's back end tells this")
        }
    }

    /// The body's object; decimals come as the text of their digits.
    func json() throws(FoodieRefusal) -> JSONValue {
        let value: JSONValue
        do { value = try JSONParser.parseExactly(http.body) } catch { throw .invalid("the body is not JSON") }
        guard value.object != nil else { throw .invalid("the body is a JSON object") }
        return value
    }

    func payment(_ id: String) -> SessionAddress? {
        guard SessionAddress.isValid(id: id) else { return nil }
        return SessionAddress(tenant: tenant, kind: .payment, id: id)
    }

    // MARK: Answering

    func respond(
        _ code: FoodieCode = .ok, _ message: String? = nil, _ body: (inout JSONWriter) -> Void
    ) {
        routed.exchange.respond(HTTPResponse(foodie: code, message: message, body: body))
    }

    func refuse(_ refusal: FoodieRefusal) { routed.exchange.respond(refusal.response) }

    /// Runs `body`, and answers with what it refuses.
    func attempt(_ body: () throws(FoodieRefusal) -> Void) {
        do throws(FoodieRefusal) { try body() } catch { refuse(error) }
    }

    /// Goes on with what a store or session answers, or refuses.
    func with<Value>(_ result: Result<Value, StoreFailure>, _ use: (Value) throws(FoodieRefusal) -> Void) {
        attempt { () throws(FoodieRefusal) in
            guard case .success(let value) = result else { throw .storeUnavailable }
            try use(value)
        }
    }

    // MARK: Reading

    /// Reads a payment; whoever may not read it is told the same as of one that is not there.
    func read<Value: Sendable>(
        _ address: SessionAddress, as caller: Caller, orElse absent: FoodieCode,
        _ use: @escaping @Sendable (Payment) -> Value, _ completion: @escaping @Sendable (Value) -> Void
    ) {
        let refused: @Sendable (Fault) -> Void = routed.onLoop { fault in refuse(FoodieRefusal(fault, absent: absent)) }
        let found: @Sendable (Value) -> Void = routed.onLoop(completion)
        routed.services.withRegistry(of: address) { $0.readPayment(address, caller, refused, use, found) }
    }

    /// Reads the transaction of an order; nil where there is none that the caller may read.
    func transaction(
        _ id: String?, as caller: Caller, _ completion: @escaping @Sendable (TransactionRow?) -> Void
    ) {
        guard let address = id.flatMap(payment) else { return completion(nil) }
        let refused: @Sendable (Fault) -> Void = routed.onLoop { fault in
            if fault.isAbsence { completion(nil) } else { refuse(FoodieRefusal(fault)) }
        }
        let found: @Sendable (TransactionRow) -> Void = routed.onLoop(completion)
        routed.services.withRegistry(of: address) {
            $0.readPayment(address, caller, refused, { TransactionRow($0) }, found)
        }
    }

    /// The newest of the orders that are asked for, if the caller may see it.
    func order(
        _ subject: OrderQuery.Subject, as caller: Caller,
        _ completion: @escaping @Sendable (Result<OrderRow?, StoreFailure>) -> Void
    ) {
        own.orders.orders(OrderQuery(subject, size: 1), tenant: tenant) { result in
            completion(result.map { page in page.items.first.flatMap { $0.isShown(to: caller) ? $0 : nil } })
        }
    }

    /// Answers with a transaction and its order.
    func tell(
        _ row: TransactionRow, to caller: Caller, as code: FoodieCode = .ok, _ message: String? = nil
    ) {
        order(.payment(row.id), as: caller) { result in
            with(result) { order throws(FoodieRefusal) in
                respond(code, message) { $0.details(of: row, order) }
            }
        }
    }

    /// A branch and the person's cart, as far as they are known.
    func facts(
        branch: Int64?, cart subject: String, _ use: @escaping @Sendable (FoodieFacts) -> Void
    ) {
        var keys = [PlatformFact.Key(.cart, subject)]
        if let branch { keys.append(PlatformFact.Key(.branch, String(branch))) }
        own.facts.facts(keys, tenant: tenant) { result in
            with(result) { facts throws(FoodieRefusal) in
                use(FoodieFacts(branch: branch, subject: subject, facts))
            }
        }
    }
}

extension FoodieRefusal {
    /// Of a session that is not there, or not for the asker.
    init(_ fault: Fault, absent: FoodieCode) {
        if fault.isAbsence { self.init(absent) } else { self.init(fault) }
    }
}

extension Fault {
    /// Of a session that is not there, or not for the asker, who is told no difference.
    fileprivate var isAbsence: Bool { code == .noSuchSession || code == .forbidden }
}

/// What the back end told about a branch and a cart. What cannot be read was never told: it is checked before it is stored.
struct FoodieFacts: Sendable {
    let branch: FoodieBranch?
    let cart: FoodieCart?

    init(branch: Int64?, subject: String, _ facts: [PlatformFact.Key: [UInt8]]) {
        func read<Value>(_ key: PlatformFact.Key, _ make: (JSONValue) throws -> Value) -> Value? {
            guard let text = facts[key] else { return nil }
            do { return try make(try JSONParser.parse(text)) } catch { return nil }
        }
        self.branch = branch.flatMap { read(PlatformFact.Key(.branch, String($0)), FoodieBranch.init(json:)) }
        cart = read(PlatformFact.Key(.cart, subject), FoodieCart.init(json:))
    }
}

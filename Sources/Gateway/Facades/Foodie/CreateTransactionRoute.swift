internal import Authentication
internal import Domain
internal import JSON
internal import Ports
internal import Primitives
internal import PromptPay
internal import Sessions
internal import WireProtocol

/// `POST …/transaction/create`: a payment of the bearer's, or a deposit into their wallet. It is a session `payment/{number}` like any
/// other, so that pages may follow it.
enum CreateTransactionRoute {
    static func create(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let key: String?
        do throws(Fault) { key = try PaymentOpening.key(request.routed, principal.caller) } catch {
            throw FoodieRefusal(error)
        }
        let order = try TransactionOrder(try request.json())
        guard let method = TransactionMethod.method(order.methodID, for: order.purpose) else {
            throw FoodieRefusal(.invalidMethod)
        }
        request.facts(branch: order.branchID, cart: principal.subject) { facts in
            request.attempt { () throws(FoodieRefusal) in
                let creation = try Creation(request, principal, order, method, facts, key: key)
                // What was asked for before may have taken the balance.
                let isNew = key == nil
                method.method == .balance && isNew ? creation.checkBalance() : creation.takeNumber(attempt: 1)
            }
        }
    }
}

/// What is asked for.
private struct TransactionOrder: Sendable {
    let companyID: Int64
    let branchID: Int64
    let methodID: Int64
    let purpose: PaymentPurpose
    let amount: Money
    let expiresInSeconds: Int64

    init(_ json: JSONValue) throws(FoodieRefusal) {
        func id(_ name: String) throws(FoodieRefusal) -> Int64 {
            guard case .integer(let id)? = json[name], id > 0 else {
                throw .invalid("\(name) is a whole number, 1 or more")
            }
            return id
        }
        companyID = try id("companyId")
        branchID = try id("branchId")
        methodID = try id("methodId")
        guard let purpose = json["txnType"]?.string.flatMap(PaymentPurpose.init(rawValue:)) else {
            throw .invalid("txnType is payment or deposit")
        }
        self.purpose = purpose
        amount = try Money(foodie: json["amount"])
        switch json["expiresInSec"] {
        case nil, .null?: expiresInSeconds = PaymentFacts.defaultExpirySeconds
        case .integer(let seconds)? where PaymentFacts.expiryRange.contains(seconds): expiresInSeconds = seconds
        default:
            let range = PaymentFacts.expiryRange
            throw .invalid("expiresInSec is \(range.lowerBound) to \(range.upperBound)")
        }
    }

    var platform: TransactionRow.Platform {
        TransactionRow.Platform(
            companyID: companyID, branchID: branchID, methodID: methodID, expiresInSeconds: expiresInSeconds)
    }
}

extension PaymentFacts {
    fileprivate static let expiryRange = minExpirySeconds...maxExpirySeconds
}

extension Money {
    /// The platform's column holds ten digits, two of them decimals.
    static let maxTransaction: Int64 = 9_999_999_999

    /// Baht, as a number or a decimal in a string, more than zero.
    init(foodie json: JSONValue?) throws(FoodieRefusal) {
        guard let amount = Money(json, .baht), !amount.isZero, amount.hundredths <= Self.maxTransaction else {
            throw .invalid("amount is baht, more than zero, with two decimals at most")
        }
        self = amount
    }
}

/// A transaction on its way.
private struct Creation: Sendable {
    let request: FoodieRequest
    let principal: Principal
    let order: TransactionOrder
    let facts: PaymentFacts
    /// With one, the same request gets the same transaction.
    let key: String?

    /// A number that a payment has already, made by the platform itself, is passed over so often.
    static let maxAttempts = 3

    init(
        _ request: FoodieRequest, _ principal: Principal, _ order: TransactionOrder, _ method: TransactionMethod,
        _ told: FoodieFacts, key: String?
    ) throws(FoodieRefusal) {
        guard let branch = told.branch else { throw FoodieRefusal(.notFound, "there is no branch \(order.branchID)") }
        guard branch.companyID == order.companyID else {
            throw .invalid("branch \(order.branchID) is not one of company \(order.companyID)")
        }
        let checkout = FoodieCheckout(
            purpose: order.purpose, branchID: order.branchID, branch: branch, cart: told.cart)
        if let refusal = checkout.refusal(at: request.now) { throw FoodieRefusal(refusal) }
        var payee: PaymentFacts.Payee?
        if method.method == .qr {
            guard let receiver = branch.payee else {
                throw FoodieRefusal(.invalidMethod, "The branch takes no transfers. Please choose another way to pay.")
            }
            payee = receiver
        }
        self.request = request
        self.principal = principal
        self.order = order
        self.key = key
        facts = PaymentFacts(
            payer: principal.subject, purpose: order.purpose, method: method.method, amount: order.amount,
            expiresInSeconds: order.expiresInSeconds, payee: payee, platform: order.platform.object)
    }

    /// Who cannot pay needs no transaction. The ledger itself has the last word.
    func checkBalance() {
        request.own.payments.balance(tenant: request.tenant, subject: principal.subject, .baht) { result in
            request.with(result) { balance throws(FoodieRefusal) in
                guard balance.subtracting(order.amount) != nil else { throw FoodieRefusal(.balanceNotEnough) }
                takeNumber(attempt: 1)
            }
        }
    }

    func takeNumber(attempt: Int) {
        let text = JSONValue.object(order.platform.object).bytes
        request.own.facts.numberTransaction(keeping: text, key: key, tenant: request.tenant) { result in
            request.with(result) { number throws(FoodieRefusal) in
                let address = SessionAddress(tenant: request.tenant, kind: .payment, id: String(number))
                if let fault = request.routed.gateway.refusalOfCommand(to: address) { throw FoodieRefusal(fault) }
                open(address, attempt)
            }
        }
    }

    private func open(_ address: SessionAddress, _ attempt: Int) {
        let facts = facts
        let opened: @Sendable (Result<SessionRegistry.CreateResult, Fault>) -> Void = request.routed.onLoop { result in
            switch result {
            case .success(.created): facts.method == .balance ? awaitBalance(address) : answer(address)
            case .success(.existed) where key != nil: facts.method == .balance ? awaitBalance(address) : answer(address)
            case .failure(let fault) where fault.code == .rejected && key != nil:
                request.refuse(FoodieRefusal(Fault(.keyReused, "the Idempotency-Key was used for another transaction")))
            case .success(.existed): passOver(attempt)
            case .failure(let fault) where fault.code == .rejected: passOver(attempt)
            case .failure(let fault): request.refuse(FoodieRefusal(fault))
            }
        }
        request.routed.services.withRegistry(of: address) { $0.create(address, .payment(facts), opened) }
    }

    /// There is a payment of that number.
    private func passOver(_ attempt: Int) {
        guard attempt < Self.maxAttempts else { return request.refuse(FoodieRefusal(.internalError)) }
        takeNumber(attempt: attempt + 1)
    }

    private func answer(_ address: SessionAddress) {
        request.read(address, as: principal.caller, orElse: .notFound, { TransactionRow($0) }) { row in
            request.respond { row.write(into: &$0) }
        }
    }

    /// A payment from the wallet is decided at once.
    private func awaitBalance(_ address: SessionAddress) {
        PaymentWatch.follow(
            address, as: principal.caller, for: request.routed,
            until: { $0.status == .pending ? nil : TransactionRow($0) },
            { result in
                switch result {
                case .failure(let fault): request.refuse(FoodieRefusal(fault, absent: .notFound))
                case .success(nil): answer(address)
                case .success(let row?):
                    switch row.paymentStatus {
                    case .rejected: request.refuse(FoodieRefusal(.balanceNotEnough))
                    case .pending, .accepted, .expired, .cancelled, .review, .refunded:
                        request.respond { row.write(into: &$0) }
                    }
                }
            })
    }
}

extension FoodieBranch {
    /// Whom a transfer is for; nil when it takes none.
    var payee: PaymentFacts.Payee? {
        var isPromptPay = false
        if let paymentID {
            do throws(PromptPayProxyViolation) {
                _ = try PromptPayProxy(paymentID)
                isPromptPay = true
            } catch {
                // An account's number.
            }
        }
        return payee(isPromptPay: isPromptPay)
    }
}

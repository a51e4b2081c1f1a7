internal import Authentication
internal import Domain
internal import JSON
internal import Ports
internal import Primitives
internal import QRPictures
internal import SlipProviders

/// What a page needs to have a transaction paid: how, and with which code.
enum FoodiePaymentRoutes {
    /// `POST …/payment`: looks at the branch and the cart once more, and tells the ways to pay and how a slip is sent.
    static func begin(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let address = try request.transaction(in: try request.json())
        request.read(
            address, as: principal.caller, orElse: .transactionNotFound,
            { (row: TransactionRow($0), facts: $0.facts) }
        ) { payment in
            let (row, facts) = payment
            switch row.paymentStatus {
            case .expired: return request.tell(row, to: principal.caller, as: .expired)
            case .rejected, .cancelled:
                return request.tell(row, to: principal.caller, as: .rejected, "The transaction is over.")
            case .accepted, .refunded, .review: return request.tell(row, to: principal.caller)
            case .pending: break
            }
            request.facts(branch: row.platform.branchID, cart: facts.payer) { told in
                request.attempt { () throws(FoodieRefusal) in
                    if let id = row.platform.branchID, let branch = told.branch {
                        let checkout = FoodieCheckout(
                            purpose: facts.purpose, branchID: id, branch: branch, cart: told.cart)
                        if let refusal = checkout.refusal(at: request.now) { throw FoodieRefusal(refusal) }
                    }
                    respond(request, row, facts)
                }
            }
        }
    }

    private static func respond(_ request: FoodieRequest, _ row: TransactionRow, _ facts: PaymentFacts) {
        let code = PromptPayCode(facts)
        request.respond { writer in
            writer.beginObject()
            writer.name("transaction")
            row.write(into: &writer)
            writer.member("displayStatus", .string(row.displayStatus.rawValue))
            writer.member("methods", .array(TransactionMethod.all.map(\.json)))
            writer.name("qr")
            if let code { code.write(into: &writer, row) } else { writer.null() }
            writer.member(
                "slipUpload",
                [
                    "method": "POST", "url": "/api/payment/slipok", "fields": ["txnId", "file"],
                    "maxBytes": .integer(Int64(SlipImage.maxBytes)),
                    "types": ["image/jpeg", "image/png", "image/gif", "image/webp"],
                ])
            writer.endObject()
        }
    }

    /// `POST …/qr/generate`: of a transaction; without one, of a branch and an amount.
    static func code(_ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let json = try request.json()
        if let id = json["txnId"], !id.isNull {
            var asked: Money?
            if let amount = json["amount"], !amount.isNull { asked = try Money(foodie: amount) }
            return try codeOfTransaction(request, principal, json, asked)
        }
        let amount = try Money(foodie: json["amount"])
        func id(_ name: String) throws(FoodieRefusal) -> Int64? {
            guard let value = json[name], !value.isNull else { return nil }
            guard case .integer(let id) = value, id > 0 else { throw .invalid("\(name) is a whole number, 1 or more") }
            return id
        }
        let company = try id("companyId")
        guard let branch = try id("branchId") else { throw .invalid("txnId is missing, or branchId and amount") }
        request.facts(branch: branch, cart: principal.subject) { told in
            request.attempt { () throws(FoodieRefusal) in
                guard let known = told.branch, company == nil || known.companyID == company else {
                    throw FoodieRefusal(.notFound, "there is no such branch")
                }
                let facts = PaymentFacts(payer: principal.subject, amount: amount, payee: known.payee)
                guard let code = PromptPayCode(facts) else { throw noCode }
                request.respond { code.write(into: &$0, nil) }
            }
        }
    }

    private static func codeOfTransaction(
        _ request: FoodieRequest, _ principal: Principal, _ json: JSONValue, _ asked: Money?
    ) throws(FoodieRefusal) {
        let address = try request.transaction(in: json)
        request.read(
            address, as: principal.caller, orElse: .transactionNotFound,
            { (row: TransactionRow($0), facts: $0.facts) }
        ) { payment in
            let (row, facts) = payment
            request.attempt { () throws(FoodieRefusal) in
                guard asked == nil || asked == facts.amount else { throw FoodieRefusal(.amountMismatch) }
                switch row.paymentStatus {
                case .pending: break
                case .expired: throw FoodieRefusal(.expired)
                case .accepted, .refunded, .review, .rejected, .cancelled:
                    throw FoodieRefusal(.rejected, "the transaction is not to be paid any more")
                }
                guard let code = PromptPayCode(facts) else { throw noCode }
                request.respond { code.write(into: &$0, row) }
            }
        }
    }

    private static let noCode = FoodieRefusal(.invalidMethod, "There is no PromptPay id to make a code of.")

    /// `GET …/mock/qr`: always the same; nothing is paid by it.
    static func exampleCode(_ request: FoodieRequest) {
        request.respond { $0.value(["payload": "MOCK-QR", "image": .null, "amount": 0, "txnId": .null]) }
    }
}

extension FoodieRequest {
    /// The one that `txnId` names, a number or a text.
    func transaction(in json: JSONValue) throws(FoodieRefusal) -> SessionAddress {
        guard let id = json["txnId"] ?? json["transactionId"], !id.isNull else { throw .invalid("txnId is missing") }
        guard let text = id.string ?? id.integer.map(String.init), let address = payment(text) else {
            throw FoodieRefusal(.transactionNotFound)
        }
        return address
    }
}

/// A code to pay with, as text and as a picture.
private struct PromptPayCode {
    let payload: String
    let png: [UInt8]
    let amount: Money

    /// nil when there is no PromptPay id to pay to.
    init?(_ facts: PaymentFacts) {
        guard let payload = PaymentEndpoint.payload(of: facts) else { return nil }
        do { png = try QRSymbol(payload).png() } catch { return nil }
        self.payload = payload
        amount = facts.amount
    }

    func write(into writer: inout JSONWriter, _ row: TransactionRow?) {
        writer.beginObject()
        writer.member("payload", .string(payload))
        writer.member("image", .string("data:image/png;base64," + Base64.encode(png)))
        writer.name("amount")
        writer.raw(amount.number.utf8)
        writer.member("txnId", row.map { TransactionRow.number($0.id) } ?? .null)
        writer.member("expiredAt", JSONValue(row?.expiresAt?.rfc3339))
        writer.endObject()
    }
}

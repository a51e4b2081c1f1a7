internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// 2C2P's payment gateway, version 4.3: `/2c2p/payment/4.3/paymentToken` and `paymentInquiry`. Answers are signed; what is wrong with a
/// request is told unsigned. Confined to the stand-ins' loop.
final class TwoC2PStandin: Standin {
    /// Answers of the inquiry that a control puts in.
    static let maxInquiries = 10_000
    /// 2C2P's, of an invoice number.
    static let maxInvoiceBytes = 50
    /// 2C2P's: characters of each `userDefined`.
    static let maxUserDefined = 255
    /// Payment tokens that are known.
    static let maxTokens = 20_000

    /// What a control says that the inquiry answers.
    private struct Answer {
        var code: String
        var amount: String?
        var currency: String?
    }

    let name = "2c2p"
    private let account: StandinServer.GatewayAccount
    private let loop: EventLoop
    private let random: any RandomSource
    private let webhooks: PaymentWebhooks
    private var book = PaymentBook()
    private var invoiceOfToken = Recent<String, String>(maxEntries: maxTokens)
    private var answers = Recent<String, Answer>(maxEntries: maxInquiries)
    /// Amounts are numbers: real ones come as both.
    private var writesNumbers = false

    init(_ configuration: StandinServer.Configuration, loop: EventLoop, random: any RandomSource) {
        account = configuration.gateways.twoC2P
        self.loop = loop
        self.random = random
        webhooks = PaymentWebhooks(name, configuration, loop: loop)
    }

    func failure(_ status: Int) -> HTTPResponse {
        .json(HTTPStatus(code: status) ?? .internalServerError, Self.refusal("5998"))
    }

    // MARK: Controls

    func change(_ members: JSONObject) throws(BehaviourError) {
        var next = answers
        var writesNumbers = self.writesNumbers
        for member in members.members {
            switch member.name {
            case "numericAmounts": writesNumbers = try member.flag()
            case "inquiry":
                guard let invoices = member.value.object?.members, invoices.count <= Self.maxInquiries else {
                    throw BehaviourError("inquiry is an object of answers by invoice number")
                }
                for invoice in invoices {
                    if invoice.value.isNull {
                        next.remove(invoice.name)
                    } else {
                        next.note(try Self.answer(invoice), for: invoice.name)
                    }
                }
            default: throw .unknown(member)
            }
        }
        answers = next
        self.writesNumbers = writesNumbers
    }

    private static func answer(_ member: JSONObject.Member) throws(BehaviourError) -> Answer {
        let code = member.value.string ?? member.value["respCode"]?.string
        guard let code, isCode(code) else { throw BehaviourError("inquiry: a respCode is four digits") }
        var answer = Answer(code: code)
        for part in member.value.object?.members ?? [] {
            switch part.name {
            case "respCode": break
            case "amount": answer.amount = part.value.string ?? part.value.text
            case "currencyCode": answer.currency = try part.text()
            default: throw .unknown(part)
            }
        }
        return answer
    }

    private static func isCode(_ text: String) -> Bool {
        text.utf8.count == 4 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    var settings: JSONObject {
        [
            "numericAmounts": .bool(writesNumbers), "inquiries": .integer(Int64(answers.count)),
            "merchantID": .string(account.merchantID),
        ]
    }

    /// Payments stay: a server may still ask for them.
    func reset() {
        answers.removeAll()
        writesNumbers = false
    }

    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool {
        if book.control(exchange, path) { return true }
        guard path.elementsEqual(["webhook"]), exchange.request.method == .post else { return false }
        do throws(BehaviourError) {
            let order = try PaymentOrder(exchange.request.json ?? .null, currency: .baht)
            webhooks.carryOut(order, exchange) { order throws(BehaviourError) in try event(order) }
        } catch {
            exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
        return true
    }

    private func event(_ order: PaymentOrder) throws(BehaviourError) -> PaymentEvent {
        if let kind = order.kind, !Self.isCode(kind) { throw BehaviourError("kind is a respCode: four digits") }
        let now = loop.time.wallClock
        // One merchant's invoice numbers are unique, whoever is asked for.
        var ours = order
        ours.tenant = ""
        let usual = Money(hundredths: 34_500, .baht)
        let payment = try book.apply(ours, usual: usual, method: "VI", at: now) { random.number(digits: 10) }
        let code = order.kind ?? Self.code(of: order.status)
        if let asked = order.asked { answers.note(Answer(code: Self.code(of: asked)), for: payment.reference) }
        book.change(payment.id) { $0.failure = code }
        let claims = claims(of: payment, code: code)
        let secret = account.webhookSecret
        return PaymentEvent(
            id: order.event ?? "\(payment.id):\(code):\(now.microseconds)",
            facts: [
                "charge": .string(payment.id), "invoiceNo": .string(payment.reference), "respCode": .string(code),
                "amount": .string(payment.amount.decimal), "currency": .string(payment.amount.currency.code),
            ]
        ) { sending in
            let key = sending.hasWrongSignature ? Secret(secret.reveal() + "-wrong") : secret
            let body: JSONValue = ["payload": .string(PaymentSignature.twoC2P(claims, secret: key))]
            return PaymentMessage(headers: [], body: body.bytes)
        }
    }

    private static func code(of status: PaymentStatus) -> String {
        switch status {
        case .paid: "0000"
        case .pending: "0001"
        case .cancelled: "0003"
        case .failed: "4051"
        case .expired: "5009"
        case .refunded: "4120"
        }
    }

    /// As the notification and the inquiry tell it.
    private func claims(of payment: GatewayPayment, code: String) -> JSONObject {
        let isPaid = ["0000", "4110", "4120"].contains(code)
        let amount = payment.amount
        var claims: JSONObject = [
            "merchantID": .string(account.merchantID), "invoiceNo": .string(payment.reference),
            "accountNo": isPaid && payment.method != "PPQR" ? "411111XXXXXX1111" : "",
            "amount": writesNumbers ? .double(Double(amount.hundredths) / 100) : .string(amount.decimal),
            "currencyCode": .string(amount.currency.code), "tranRef": .string(payment.id),
            "referenceNo": .string(String(payment.id.reversed())),
            "approvalCode": isPaid ? .string(String(payment.id.suffix(6))) : "", "eci": isPaid ? "05" : "",
            "transactionDateTime": .string((payment.settledAt ?? payment.createdAt).compactClock),
            "agentCode": "KBANK", "channelCode": .string(payment.method),
        ]
        for member in payment.extra.members { claims[member.name] = member.value }
        if claims["userDefined1"] == nil { claims["userDefined1"] = .string(payment.reference) }
        claims["respCode"] = .string(code)
        claims["respDesc"] = .string(Self.words(code))
        return claims
    }

    // MARK: Calls

    func receive(_ call: StandinCall) {
        let path = Array(call.segments)
        guard call.request.method == .post, path.count == 3, path[0] == "payment", ["4.1", "4.3"].contains(path[1])
        else { return call.respond(.json(.notFound, Self.refusal("9004"))) }
        switch read(call.request) {
        case .failure(let refusal): call.respond(.json(.ok, Self.refusal(refusal.code)))
        case .success(let claims):
            switch path[2] {
            case "paymentToken": makeToken(call, claims)
            case "paymentInquiry": inquire(call, claims)
            default: call.respond(.json(.notFound, Self.refusal("9004")))
            }
        }
    }

    private struct Refusal: Error {
        let code: String
        init(_ code: String) { self.code = code }
    }

    /// The claims of a request that is the merchant's.
    private func read(_ request: HTTPRequest) -> Result<JSONObject, Refusal> {
        guard let payload = request.json?["payload"]?.string else { return .failure(Refusal("9005")) }
        guard let token = TwoC2PToken(payload) else { return .failure(Refusal("6103")) }
        guard let merchant = token.claims["merchantID"]?.string else { return .failure(Refusal("9005")) }
        guard merchant == account.merchantID else { return .failure(Refusal("9007")) }
        guard token.isSigned(with: account.webhookSecret) else { return .failure(Refusal("9042")) }
        return .success(token.claims)
    }

    private func makeToken(_ call: StandinCall, _ claims: JSONObject) {
        func refuse(_ code: String) { call.respond(.json(.ok, Self.refusal(code))) }
        guard let invoice = claims["invoiceNo"]?.string, !invoice.isEmpty,
            let currency = claims["currencyCode"]?.string,
            claims["description"]?.string?.isEmpty == false, let number = claims["amount"]
        else { return refuse("9005") }
        guard invoice.utf8.count <= Self.maxInvoiceBytes, let currency = Currency(code: currency) else {
            return refuse("9004")
        }
        // Five decimals are allowed; money has two.
        let decimal = (number.string ?? number.text).replacing(#/(\.\d\d)0{1,3}$/#) { $0.output.1 }
        guard let amount = Money(decimal: decimal, currency), !amount.isZero else { return refuse("9009") }
        guard book.payment(reference: invoice, tenant: nil) == nil else { return refuse("9015") }
        var payment = GatewayPayment(
            id: random.number(digits: 10), tenant: nil, reference: invoice, amount: amount, method: "VI",
            createdAt: loop.time.wallClock)
        for number in 1...5 {
            let name = "userDefined\(number)"
            payment.extra[name] = claims[name]?.string.map { .string(String($0.prefix(Self.maxUserDefined))) }
        }
        book.add(payment)
        let token = Hex.text(random.bytes(24))
        invoiceOfToken.note(invoice, for: token)
        let host = call.request.headers.first("Host") ?? "127.0.0.1"
        respond(
            call,
            [
                "webPaymentUrl": .string("http://\(host)/2c2p/ui/\(token)"), "paymentToken": .string(token),
                "respCode": "0000", "respDesc": "Success",
            ])
    }

    private func inquire(_ call: StandinCall, _ claims: JSONObject) {
        let invoice =
            claims["invoiceNo"]?.string ?? claims["paymentToken"]?.string.flatMap { invoiceOfToken[$0] }
        guard let invoice else {
            return call.respond(.json(.ok, Self.refusal(claims["paymentToken"] == nil ? "9005" : "9040")))
        }
        let answer = answers[invoice]
        guard let payment = book.payment(reference: invoice, tenant: nil) else {
            var claims: JSONObject = ["merchantID": .string(account.merchantID), "invoiceNo": .string(invoice)]
            if let amount = answer?.amount { claims["amount"] = .string(amount) }
            if let currency = answer?.currency { claims["currencyCode"] = .string(currency) }
            let code = answer?.code ?? "2002"
            claims["respCode"] = .string(code)
            claims["respDesc"] = .string(Self.words(code))
            return respond(call, claims)
        }
        // A payment whose page was not left yet is in progress.
        let own = payment.failure ?? (payment.status == .pending ? "2001" : Self.code(of: payment.status))
        var claims = self.claims(of: payment, code: answer?.code ?? own)
        if let amount = answer?.amount { claims["amount"] = .string(amount) }
        if let currency = answer?.currency { claims["currencyCode"] = .string(currency) }
        respond(call, claims)
    }

    private func respond(_ call: StandinCall, _ claims: JSONObject) {
        let payload = PaymentSignature.twoC2P(claims, secret: account.webhookSecret)
        call.respond(.json(.ok, ["payload": .string(payload)]))
    }

    private static func refusal(_ code: String) -> JSONValue {
        ["respCode": .string(code), "respDesc": .string(words(code))]
    }

    private static func words(_ code: String) -> String { descriptions[code] ?? "Response code \(code)" }

    private static let descriptions = [
        "0000": "Success", "0001": "Transaction is pending", "0003": "Transaction is cancelled",
        "0999": "System error", "2001": "Transaction in progress", "2002": "Transaction not found",
        "2003": "Failed to inquire", "4001": "Refer to card issuer", "4005": "Do not honor",
        "4051": "Insufficient funds", "4054": "Expired card", "4110": "Settled", "4120": "Refunded",
        "4130": "Chargeback", "5002": "Timeout", "5005": "Duplicate invoice", "5009": "Transaction expired",
        "5010": "Cancelled by payer", "5015": "Over-paid", "5016": "Under-paid", "5998": "Internal error",
        "6103": "Invalid JWT", "9004": "The value is not valid", "9005": "Some mandatory fields are missing",
        "9007": "Invalid merchant", "9009": "Invalid amount", "9015": "Existing invoice number",
        "9040": "Invalid token", "9042": "Hash value mismatch",
    ]
}

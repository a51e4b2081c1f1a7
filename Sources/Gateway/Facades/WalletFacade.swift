internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import PaymentGateways
internal import Primitives
internal import PromptPay
internal import QRPictures
internal import Transport
internal import WireProtocol

/// JECO's wallet (`POST /api/v1/wallet/topup`): a deposit into the asker's own wallet, paid by PromptPay to the tenant or by card
/// through 2C2P. The envelope is that of the chat routes.
enum WalletFacade {
    /// What PromptPay's QR code can say.
    static let maxTopUpHundredths: Int64 = 999_999_999_999
    /// How long a card's page may take; a transfer has the payments' usual time.
    static let cardExpirySeconds: Int64 = 3_600

    enum Method: String, CaseIterable, Sendable {
        case promptpay, card
    }

    static func topUp(_ request: RoutedRequest, _ parameters: PathParameters) {
        ChatFacade.withPrincipal(request, parameters) { principal in
            do throws(Refusal) {
                let order = try Order(request)
                switch order.method {
                case .promptpay: try transfer(order.amount, request, principal)
                case .card: try card(order.amount, request, principal)
                }
            } catch {
                switch error {
                case .fault(let fault): ChatFacade.refuse(request, fault)
                case .fields(let violations): ChatFacade.refuse(request, violations)
                }
            }
        }
    }

    private enum Refusal: Error {
        case fault(Fault)
        case fields([FieldViolation])
    }

    private struct Order {
        let amount: Money
        let method: Method

        init(_ request: RoutedRequest) throws(Refusal) {
            var fields: OrderFields
            do throws(Fault) { fields = try OrderFields(request.request.body) } catch { throw .fault(error) }
            let amount = fields.amount("amount", Money(hundredths: maxTopUpHundredths, .baht) ?? .zero(.baht))
            let method = fields.choice("method", Method.self)
            guard let amount, let method else { throw .fields(fields.violations) }
            self.amount = amount
            self.method = method
        }
    }

    private static func address(
        _ request: RoutedRequest, _ principal: Principal
    ) throws(Refusal) -> SessionAddress {
        do throws(Fault) { return try PaymentOpening.address(request, principal.caller) } catch { throw .fault(error) }
    }

    // MARK: PromptPay

    private static func transfer(
        _ amount: Money, _ request: RoutedRequest, _ principal: Principal
    ) throws(Refusal) {
        guard let account = request.services.merchants[principal.tenant]?.promptPay else {
            throw .fault(Fault(.unsupported, "the tenant has no PromptPay id to be paid to"))
        }
        let facts = PaymentFacts(
            payer: principal.subject, purpose: .deposit, method: .qr, amount: amount,
            payee: PaymentFacts.Payee(promptPay: account.id, lastFour: account.lastFour, name: account.name))
        guard let picture = picture(of: facts) else {
            throw .fault(Fault(.unsupported, "no QR code can be made for that PromptPay id"))
        }
        open(facts, Method.promptpay, try address(request, principal), request, principal) { data, _ in
            data["qrCode"] = .string(picture)
        }
    }

    /// A data URL.
    private static func picture(of facts: PaymentFacts) -> String? {
        guard let payload = PaymentEndpoint.payload(of: facts) else { return nil }
        do {
            return "data:image/png;base64," + Base64.encode(try QRSymbol(payload).png())
        } catch {
            return nil
        }
    }

    // MARK: Card

    private static func card(
        _ amount: Money, _ request: RoutedRequest, _ principal: Principal
    ) throws(Refusal) {
        let facts = PaymentFacts(
            payer: principal.subject, purpose: .deposit, method: .card, amount: amount,
            expiresInSeconds: cardExpirySeconds, gateway: .twoC2P)
        open(facts, .card, try address(request, principal), request, principal) { data, page in
            data["paymentUrl"] = page.map(JSONValue.string)
        }
    }

    // MARK: Answer

    private static func open(
        _ facts: PaymentFacts, _ method: Method, _ address: SessionAddress, _ request: RoutedRequest,
        _ principal: Principal, _ complete: @escaping @Sendable (inout JSONObject, _ page: String?) -> Void
    ) {
        PaymentOpening(address: address, facts: facts, description: "JECO wallet top-up").begin(
            request, principal.caller, refused: { ChatFacade.refuse(request, $0) }
        ) { opened in
            let payment = opened.payment
            var data: JSONObject = [
                "transactionId": .string(payment.id), "amount": number(payment.facts.amount), "fee": 0,
                "method": .string(method.rawValue),
            ]
            complete(&data, opened.page)
            data["reference"] = .string(reference(payment))
            data["expiresAt"] = .string(payment.expiresAt.rfc3339)
            var response = ChatFacade.success(.object(data))
            response.headers.set("Cache-Control", "no-store, no-transform")
            request.exchange.respond(response)
        }
    }

    /// The document has numbers. What a top-up can have, twelve digits, is written by a double's shortest form as it was.
    static func number(_ amount: Money) -> JSONValue {
        let (units, rest) = amount.hundredths.quotientAndRemainder(dividingBy: 100)
        return rest == 0 ? .integer(units) : .double(Double(amount.hundredths) / 100)
    }

    /// `JECO`, the day on Bangkok's clock, and ten digits that follow from the payment's id: for people to name it by. The
    /// `transactionId` is what is unique.
    static func reference(_ payment: Payment) -> String {
        let day = (payment.createdAt.seconds + 7 * 3_600) / 86_400
        let date = Timestamp.civil(fromDays: day)
        let digest = SHA256.digest(Array(payment.id.utf8)).prefix(7)
        let number = digest.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 10_000_000_000
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "JECO" + padded(date.year, 4) + padded(date.month, 2) + padded(date.day, 2) + padded(number, 10)
    }
}

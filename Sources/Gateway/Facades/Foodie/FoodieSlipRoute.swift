internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Multipart
internal import PaymentGateways
internal import Ports
internal import Primitives
internal import Sessions
internal import SlipProviders
internal import Transport
internal import WireProtocol

/// `POST …/payment/slipok`: a slip for a transaction, from SlipOK's webhook, which shows the secret, or from the payer's page. What SlipOK
/// says of the slip is not believed: it is verified like any other. The answer waits for what becomes of it.
enum FoodieSlipRoute {
    /// Of the page's form: two are known.
    static let maxParts = 8

    static func receive(_ request: FoodieRequest) throws(FoodieRefusal) {
        // Whoever shows the secret in a field is judged before anything is read, and is not counted only if it is right.
        let shown = request.http.headers.all(SlipNotice.secretField)
        if !shown.isEmpty { try check(shown.count == 1 ? shown[0] : "", request) }
        let types = request.http.headers.all("Content-Type")
        guard types.count <= 1 else { throw .invalid("one Content-Type, please") }
        if let type = types.first, type.lowercased().hasPrefix("multipart/") {
            return try receive(form: type, request)
        }
        if !shown.isEmpty {
            return try show(SlipNotice(foodie: request), as: slipOK(request), request)
        }
        if let token = (try request.json())["token"], !token.isNull {
            try check(token.string ?? "", request)
            return try show(SlipNotice(foodie: request), as: slipOK(request), request)
        }
        let headers = request.http.headers
        if headers.all("Authorization").isEmpty, headers.all("Cookie").isEmpty { throw refusalOfSecret(request) }
        let principal = try request.principal()
        try show(SlipNotice(foodie: request), as: principal.caller, request)
    }

    private static func slipOK(_ request: FoodieRequest) -> Caller {
        Caller(tenant: request.tenant, subject: "slipok", role: .service)
    }

    private static func check(_ shown: String, _ request: FoodieRequest) throws(FoodieRefusal) {
        guard let secret = request.routed.services.merchants[request.tenant]?.slipWebhookSecret, !shown.isEmpty,
            ConstantTime.areEqual(Array(shown.utf8), Array(secret.reveal().utf8))
        else { throw refusalOfSecret(request) }
    }

    /// Who guesses asks as often as its address may.
    private static func refusalOfSecret(_ request: FoodieRequest) -> FoodieRefusal {
        let gateway = request.routed.gateway
        gateway.observer.refused(.signature)
        guard let wait = gateway.waitAfterBadSignature(from: request.routed.exchange.peerAddress) else {
            return FoodieRefusal(.invalidSignature)
        }
        return FoodieRefusal(Fault(.rateLimited, "too many unsigned requests from this address", retryAfter: wait))
    }

    private static func show(
        _ notice: SlipNotice, as caller: Caller, _ request: FoodieRequest
    ) throws(FoodieRefusal) {
        guard let address = request.payment(notice.payment) else { throw FoodieRefusal(.transactionNotFound) }
        try SlipShowing(request: request, address: address, caller: caller, source: .payload(notice.payload)).submit()
    }

    // MARK: Pictures

    private static func receive(form type: String, _ request: FoodieRequest) throws(FoodieRefusal) {
        let principal = try request.principal()
        let id: String
        let picture: SlipImage
        do throws(MultipartViolation) {
            var limits = MultipartLimits()
            limits.maxParts = maxParts
            let form = try MultipartForm(
                request.http.body, boundary: MultipartBoundary(contentType: type), limits: limits)
            let named = (try form.only("txnId"), try form.only("transactionId"))
            guard let text = (named.0 ?? named.1)?.text else {
                return request.refuse(.invalid("txnId is missing"))
            }
            guard let file = try form.only("file"), let image = SlipImage(Array(file.content)) else {
                return request.refuse(
                    .invalid(
                        "file is a JPEG, PNG, GIF or WebP picture of at most \(SlipImage.maxBytes / 1_048_576) MiB"))
            }
            (id, picture) = (text, image)
        } catch {
            throw .invalid(error.detail)
        }
        guard let address = request.payment(id) else { throw FoodieRefusal(.transactionNotFound) }
        let caller = principal.caller
        // Nothing is held for who may not show it.
        request.read(address, as: caller, orElse: .transactionNotFound, { $0.mayPay(caller) }) { mayPay in
            request.attempt { () throws(FoodieRefusal) in
                guard mayPay else { throw FoodieRefusal(.transactionNotFound) }
                guard let name = request.routed.services.pictures.hold(picture.bytes, for: address) else {
                    var refusal = FoodieRefusal(.unavailable, "Too many pictures are being looked at.")
                    refusal.retryAfterSeconds = 5
                    throw refusal
                }
                try SlipShowing(request: request, address: address, caller: caller, source: .image(name)).submit()
            }
        }
    }
}

extension SlipNotice {
    fileprivate init(foodie request: FoodieRequest) throws(FoodieRefusal) {
        do throws(WebhookRefusal) { try self.init(request.http.body) } catch {
            throw .invalid("txnId and payload (the text of the slip's QR code) are needed")
        }
    }
}

/// A slip that is shown, until something is known of it.
private struct SlipShowing: Sendable {
    let request: FoodieRequest
    let address: SessionAddress
    let caller: Caller
    let source: PaymentSlip.Source

    /// A payment, and what became of a slip.
    struct Told: Sendable {
        let row: TransactionRow
        let outcome: SlipOutcome
    }

    func submit() throws(FoodieRefusal) {
        if let fault = request.routed.gateway.refusalOfCommand(to: address) {
            release()
            throw FoodieRefusal(fault)
        }
        let data: JSONValue =
            switch source {
            case .payload(let text): ["payload": .string(text)]
            case .image(let name): ["image": .string(name)]
            }
        let decided: @Sendable (Result<CommandAnswer, Fault>) -> Void = request.routed.onLoop { result in
            switch result {
            case .success(let answer): follow(slip(of: answer))
            case .failure(let fault): refused(fault)
            }
        }
        let ticket = CommandTicket(
            command: SessionCommand(caller: caller, name: "slip.submit", data: data), key: nil, answer: decided)
        let address = address
        request.routed.services.withRegistry(of: address) { $0.submit(address, ticket) }
    }

    private func slip(of answer: CommandAnswer) -> String {
        do { return try JSONParser.parse(answer.body)["slip"]?.string ?? "" } catch { return "" }
    }

    private func release() {
        if case .image(let name) = source { request.routed.services.pictures.release(name, of: address) }
    }

    private func follow(_ slip: String) {
        PaymentWatch.follow(
            address, as: caller, for: request.routed,
            until: { payment in
                SlipOutcome(of: slip, in: payment).map { Told(row: TransactionRow(payment), outcome: $0) }
            },
            { result in
                switch result {
                case .failure(let fault): request.refuse(FoodieRefusal(fault, absent: .transactionNotFound))
                case .success(nil): look(.pending)
                case .success(let told?): answer(FoodieCode(rawValue: told.outcome.code) ?? .pending, told.row)
                }
            })
    }

    private func answer(_ code: FoodieCode, _ row: TransactionRow) {
        request.order(.payment(row.id), as: caller) { result in
            // What became of the slip is told, also where the order cannot be read; who checks slips is told nothing of it.
            var order: OrderRow?
            if case .success(let found?) = result, found.customer == caller.subject { order = found }
            request.respond(code) { [order] in $0.details(of: row, order) }
        }
    }

    private func look(_ code: FoodieCode) {
        request.read(address, as: caller, orElse: .transactionNotFound, { TransactionRow($0) }) { answer(code, $0) }
    }

    /// The payment does not look at a slip now; its state says why.
    private func refused(_ fault: Fault) {
        release()
        guard fault.code == .rejected || fault.code == .tooLate else {
            return request.refuse(FoodieRefusal(fault, absent: .transactionNotFound))
        }
        let source = source
        request.read(
            address, as: caller, orElse: .transactionNotFound,
            { (row: TransactionRow($0), same: $0.slip.flatMap { $0.source == source ? $0.id : nil }) }
        ) { payment in
            // SlipOK and the page may tell of the same slip at once.
            if let slip = payment.same { return follow(slip) }
            switch payment.row.displayStatus {
            case .checking: answer(.pending, payment.row)
            case .accepted, .refunded: answer(.duplicateSlip, payment.row)
            case .review: answer(.review, payment.row)
            case .expired: answer(.expired, payment.row)
            case .pending, .rejected, .cancelled: answer(.rejected, payment.row)
            }
        }
    }
}

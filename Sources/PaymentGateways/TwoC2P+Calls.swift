package import HTTPClient
internal import JSON
package import Primitives

extension TwoC2P {
    /// What a payer is asked for.
    package struct Invoice: Equatable, Sendable {
        /// Of our id of the payment: 2C2P's.
        package static let maxNumberBytes = 50
        /// Of the description; longer ones are cut between characters.
        package static let maxDescriptionBytes = 250
        /// Ways to pay that can be asked for.
        package static let maxChannels = 20

        /// `invoiceNo`: may be used once.
        package let payment: String
        package let amount: Money
        package let description: String
        /// Ways to pay (`CC`, `PPQR`, …); none: all that the merchant has.
        package var channels: [String] = []
        /// Where the browser goes afterwards. What it brings proves nothing.
        package var frontendReturnURL: String?
        /// Where the notification goes; nil: where the merchant's profile says.
        package var backendReturnURL: String?

        /// Nil when `payment` is not 1 to 50 bytes of visible ASCII, or the amount is zero.
        package init?(payment: String, amount: Money, description: String) {
            guard (1...Self.maxNumberBytes).contains(payment.utf8.count),
                payment.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !amount.isZero
            else { return nil }
            self.payment = payment
            self.amount = amount
            self.description = description.cut(toBytes: Self.maxDescriptionBytes)
        }
    }

    // MARK: Payment token

    /// Asks for a page to pay on (`paymentToken`).
    package func checkout(_ invoice: Invoice) -> HTTPClientRequest {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("merchantID", .string(configuration.merchantID))
        writer.member("invoiceNo", .string(invoice.payment))
        writer.member("description", .string(invoice.description))
        writer.name("amount")
        writer.raw(invoice.amount.decimal.utf8)
        writer.member("currencyCode", .string(invoice.amount.currency.code))
        if !invoice.channels.isEmpty {
            writer.member("paymentChannel", .array(invoice.channels.prefix(Invoice.maxChannels).map(JSONValue.string)))
        }
        if let url = invoice.frontendReturnURL { writer.member("frontendReturnUrl", .string(url)) }
        if let url = invoice.backendReturnURL { writer.member("backendReturnUrl", .string(url)) }
        writer.endObject()
        return post("/paymentToken", writer.bytes)
    }

    /// The page that `checkout` asked for: `id` is the payment token.
    package func page(_ response: HTTPResponse) throws(GatewayFailure) -> CheckoutPage {
        let claims = try answer(response)
        guard claims["respCode"]?.string == "0000" else { throw failure(claims, status: response.head.status) }
        guard let id = reading.word(claims["paymentToken"], maxBytes: configuration.limits.maxTokenBytes),
            let url = reading.page(claims["webPaymentUrl"], baseURL: configuration.baseURL)
        else { throw .unclear }
        return CheckoutPage(id: id, url: url)
    }

    // MARK: Inquiry

    /// Asks what became of our payment (`paymentInquiry`).
    package func inquiry(payment: String) -> HTTPClientRequest {
        let claims: JSONValue = [
            "merchantID": .string(configuration.merchantID), "invoiceNo": .string(payment), "locale": "en",
        ]
        return post("/paymentInquiry", claims.bytes)
    }

    /// What the answer to an inquiry says of `payment`. An answer without a signature, to another merchant or of another
    /// invoice is none.
    package func report(_ response: HTTPResponse, payment: String) throws(GatewayFailure) -> ChargeReport {
        let claims = try answer(response)
        guard let code = reading.word(claims["respCode"], maxBytes: 4) else { throw .unclear }
        // These are of the inquiry, not of the payment.
        if let failure = Self.failure(ofInquiry: code) { throw failure }
        guard let report = report(claims, code: code), report.payment == payment else { throw .unclear }
        return report
    }

    // MARK: Transport

    private func post(_ path: String, _ claims: [UInt8]) -> HTTPClientRequest {
        let body: JSONValue = ["payload": .string(self.claims.token(claims))]
        // Asking twice for the same invoice's page or state does no harm: an invoice is paid once.
        return HTTPClientRequest(
            method: .post, url: configuration.baseURL + path, headers: [("Content-Type", "application/json")],
            body: body.bytes, timeouts: configuration.limits.timeouts, maxBodyBytes: configuration.limits.maxAnswerBytes
        )
    }

    /// The signed claims of an answer. Those without a signature can only be failures.
    private func answer(_ response: HTTPResponse) throws(GatewayFailure) -> JSONValue {
        let status = response.head.status
        guard response.body.count <= configuration.limits.maxAnswerBytes, let json = reading.json(response.body),
            json.object != nil
        else { throw status == 200 ? .unclear : GatewayFailure(status: status, code: nil) }
        guard let token = json["payload"]?.string else { throw failure(json, status: status) }
        let claims: JSONValue
        do throws(WebhookRefusal) { claims = try self.claims.read(token) } catch { throw .unclear }
        guard status == 200 else { throw failure(claims, status: status) }
        if let merchant = claims["merchantID"], merchant.string != configuration.merchantID { throw .unclear }
        return claims
    }

    /// What `respCode` says of a call that failed; where it says nothing, the status does.
    private func failure(_ json: JSONValue, status: Int) -> GatewayFailure {
        guard let code = reading.word(json["respCode"], maxBytes: 4), code != "0000" else {
            return status == 200 ? .unclear : GatewayFailure(status: status, code: nil)
        }
        return Self.failure(ofInquiry: code) ?? .refused(code: code)
    }

    /// Nil for what is said of a payment.
    private static func failure(ofInquiry code: String) -> GatewayFailure? {
        switch code {
        case "2002": .notFound
        case "0999", "2003", "5998", "9999": .outage
        // Token, merchant or hash are wrong.
        case "6103", "9007", "9042": .unauthorized
        case let code where code.hasPrefix("9") || code.hasPrefix("6"): .refused(code: code)
        default: nil
        }
    }

    // MARK: For stand-ins and tests

    /// A body with these claims, an object of JSON, as 2C2P would send it.
    package func signedBody(claims: [UInt8]) -> [UInt8] {
        let body: JSONValue = ["payload": .string(self.claims.token(claims))]
        return body.bytes
    }
}

extension String {
    /// The longest beginning of so many bytes that ends between characters.
    func cut(toBytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var text = ""
        for character in self {
            guard text.utf8.count + character.utf8.count <= count else { break }
            text.append(character)
        }
        return text
    }
}

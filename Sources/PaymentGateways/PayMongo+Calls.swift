package import HTTPClient
internal import JSON
package import Primitives

extension PayMongo {
    /// One line of what is paid for.
    package struct LineItem: Equatable, Sendable {
        package let name: String
        /// Of one; at least a centavo.
        package let amount: Money
        package let quantity: Int64

        package init(name: String, amount: Money, quantity: Int64 = 1) {
            self.name = name
            self.amount = amount
            self.quantity = quantity
        }
    }

    /// What a payer is asked for.
    package struct Checkout: Equatable, Sendable {
        package static let maxItems = 100
        package static let maxQuantity: Int64 = 10_000
        /// Of names and the description; longer ones are cut between characters.
        package static let maxTextBytes = 255
        /// Further members of the metadata.
        package static let maxMetadata = 20

        /// Our id: goes into the metadata as `payment_id`, and is the reference number.
        package let payment: String
        package let items: [LineItem]
        /// The sum of all items.
        package let total: Money
        /// Ways to pay: `gcash`, `paymaya`, `card`, `qrph`, ….
        package let methods: [String]
        package var description: String?
        /// Where the browser goes afterwards. What it brings proves nothing.
        package var successURL: String?
        package var cancelURL: String?
        /// What else is kept with it; at most `maxMetadata` members are sent.
        package var metadata: [(name: String, value: String)] {
            get { members.map { ($0.name, $0.value) } }
            set { members = newValue.map { Member(name: $0.name, value: $0.value) } }
        }
        private var members: [Member] = []

        private struct Member: Equatable, Sendable {
            let name: String
            let value: String
        }

        /// Nil unless there is an id of visible ASCII, a way to pay, and 1 to `maxItems` items, each of pesos above zero
        /// and at most `maxQuantity` pieces, whose sum is an amount.
        package init?(payment: String, items: [LineItem], methods: [String]) {
            guard (1...GatewayLimits().maxIdentifierBytes).contains(payment.utf8.count),
                payment.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !methods.isEmpty,
                (1...Self.maxItems).contains(items.count), var total = Money(hundredths: 0, .philippinePeso)
            else { return nil }
            for item in items {
                let (count, overflow) = item.amount.hundredths.multipliedReportingOverflow(by: item.quantity)
                guard !overflow, !item.amount.isZero, (1...Self.maxQuantity).contains(item.quantity),
                    let amount = Money(hundredths: count, item.amount.currency), let sum = total.adding(amount)
                else { return nil }
                total = sum
            }
            self.payment = payment
            self.items = items
            self.total = total
            self.methods = methods
        }
    }

    package enum RefundReason: String, Sendable, CaseIterable {
        case duplicate, fraudulent, others
        case requestedByCustomer = "requested_by_customer"
    }

    // MARK: Checkout

    /// Asks for a page to pay on.
    package func checkout(_ order: Checkout) -> HTTPClientRequest {
        let items = order.items.map { item -> JSONValue in
            [
                "name": .string(item.name.cut(toBytes: Checkout.maxTextBytes)),
                "amount": .integer(item.amount.hundredths), "currency": .string(item.amount.currency.code),
                "quantity": .integer(item.quantity),
            ]
        }
        var attributes: JSONObject = [
            "line_items": .array(items), "payment_method_types": .array(order.methods.map(JSONValue.string)),
            "reference_number": .string(order.payment),
        ]
        var metadata: JSONObject = ["payment_id": .string(order.payment)]
        for (name, value) in order.metadata.prefix(Checkout.maxMetadata) where name != "payment_id" {
            metadata[name] = .string(value)
        }
        attributes["metadata"] = .object(metadata)
        attributes["description"] = order.description.map { .string($0.cut(toBytes: Checkout.maxTextBytes)) }
        attributes["success_url"] = order.successURL.map(JSONValue.string)
        attributes["cancel_url"] = order.cancelURL.map(JSONValue.string)
        return post("/checkout_sessions", attributes)
    }

    /// The page that `checkout` asked for: `id` is the session.
    package func page(_ response: HTTPResponse) throws(GatewayFailure) -> CheckoutPage {
        let data = try answer(response)
        guard data["type"]?.string == "checkout_session", let id = reading.identifier(data["id"]),
            let url = reading.page(data["attributes"]?["checkout_url"], baseURL: configuration.baseURL)
        else { throw .unclear }
        return CheckoutPage(id: id, url: url)
    }

    /// Asks what became of a checkout, whose payment is not known when its webhook does not come.
    package func session(_ id: String) -> HTTPClientRequest { get("/checkout_sessions/\(PercentEncoding.segment(id))") }

    /// What is said of the checkout `session`; an answer of another one is none.
    package func report(_ response: HTTPResponse, session: String) throws(GatewayFailure) -> ChargeReport {
        let data = try answer(response)
        guard data["id"]?.string == session, let report = self.session(data) else { throw .unclear }
        return report
    }

    // MARK: Payments

    /// Asks for a payment: what it answers is to be acted on, whatever a webhook said.
    package func payment(_ id: String) -> HTTPClientRequest { get("/payments/\(PercentEncoding.segment(id))") }

    /// What is said of the payment `charge`; an answer of another one is none.
    package func report(_ response: HTTPResponse, charge: String) throws(GatewayFailure) -> ChargeReport {
        guard let report = payment(try answer(response)), report.charge == charge else { throw .unclear }
        return report
    }

    // MARK: Refunds

    /// Gives back `amount` of the payment `charge`. There is no key that makes a repetition harmless: when it is not clear what
    /// became of it, ask for the payment first.
    package func refund(
        charge: String, amount: Money, reason: RefundReason, payment: String?
    ) -> HTTPClientRequest {
        var attributes: JSONObject = [
            "amount": .integer(amount.hundredths), "payment_id": .string(charge), "reason": .string(reason.rawValue),
        ]
        attributes["metadata"] = payment.map { ["payment_id": .string($0)] }
        return post("/refunds", attributes)
    }

    /// The refund that was made of `charge`.
    package func refund(_ response: HTTPResponse, charge: String) throws(GatewayFailure) -> RefundReport {
        guard let report = refund(try answer(response)), report.charge == charge else { throw .unclear }
        return report
    }

    // MARK: Transport

    private func get(_ path: String) -> HTTPClientRequest {
        .basic(.get, configuration.baseURL + path, key: configuration.secretKey, limits: configuration.limits)
    }

    private func post(_ path: String, _ attributes: JSONObject) -> HTTPClientRequest {
        let body: JSONValue = ["data": ["attributes": .object(attributes)]]
        return .basic(
            .post, configuration.baseURL + path, key: configuration.secretKey, type: "application/json",
            body: body.bytes, limits: configuration.limits)
    }

    /// The resource of an answer.
    private func answer(_ response: HTTPResponse) throws(GatewayFailure) -> JSONValue {
        let json = response.body.count <= configuration.limits.maxAnswerBytes ? reading.json(response.body) : nil
        guard response.head.isSuccess else {
            throw GatewayFailure(status: response.head.status, code: reading.code(json?["errors"]?[0]?["code"]))
        }
        guard let data = json?["data"], data.object != nil else { throw .unclear }
        return data
    }
}

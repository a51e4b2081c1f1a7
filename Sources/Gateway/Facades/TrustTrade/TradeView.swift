internal import Domain
internal import JSON
internal import Ports
internal import Primitives

/// A payment as the document's tables show it: of `payments`, of `transactions`. Amounts are decimals in texts, as its columns'
/// `DECIMAL(10,2)` come out of a database, so that nobody makes binary fractions of them.
enum TradeView {
    /// Members of a payment's `platform` facts.
    enum Fact {
        static let method = "paymentMethod"
        static let description = "description"
    }

    static func payment(_ payment: Payment) -> JSONValue {
        var object: JSONObject = [
            "id": .string(payment.id), "transactionId": .string(payment.id), "paymentMethod": .string(method(payment)),
            "paymentProvider": JSONValue(payment.facts.gateway?.rawValue),
            "externalPaymentId": JSONValue(charge(payment)),
            "amount": .string(payment.facts.amount.decimal), "currency": .string(payment.facts.amount.currency.code),
            "status": .string(payment.status.rawValue), "refundedAmount": .string(payment.refunded.decimal),
            "bookingId": JSONValue(payment.facts.order), "escrowStatus": JSONValue(escrowStatus(payment)),
        ]
        add(payment, to: &object)
        object["expiresAt"] = .string(payment.expiresAt.rfc3339)
        return .object(object)
    }

    static func transaction(_ payment: Payment) -> JSONValue {
        let fee = payment.facts.escrowFee.split(payment.facts.amount)
        var object: JSONObject = [
            "id": .string(payment.id), "bookingId": JSONValue(payment.facts.order),
            "consumerId": .string(payment.facts.payer), "providerId": JSONValue(payment.facts.escrowPayee),
            "amount": .string(payment.facts.amount.decimal), "currency": .string(payment.facts.amount.currency.code),
            "platformFee": .string(fee.fee.decimal), "providerAmount": .string(fee.rest.decimal),
            "refundedAmount": .string(payment.refunded.decimal), "paymentMethod": .string(method(payment)),
            "paymentProvider": JSONValue(payment.facts.gateway?.rawValue), "paymentId": JSONValue(charge(payment)),
            "escrowStatus": JSONValue(escrowStatus(payment)),
            "escrowReleasedAt": payment.escrow == .released ? JSONValue(payment.escrowChangedAt?.rfc3339) : .null,
            "status": .string(payment.status.rawValue),
        ]
        add(payment, to: &object)
        return .object(object)
    }

    private static func add(_ payment: Payment, to object: inout JSONObject) {
        if let refund = payment.refund {
            object["refund"] = [
                "number": .integer(Int64(refund.number)), "amount": .string(refund.amount.decimal),
                "status": "processing",
            ]
        }
        object["createdAt"] = .string(payment.createdAt.rfc3339)
        object["updatedAt"] = .string(max(payment.changedAt, payment.escrowChangedAt ?? payment.changedAt).rfc3339)
    }

    /// What a list has of each: the projection's columns.
    static func row(_ item: PaymentSummary) -> JSONValue {
        let row = item.row
        return [
            "id": .string(item.id), "bookingId": JSONValue(row.order), "consumerId": .string(row.payer),
            "amount": .string(row.amount.decimal), "currency": .string(row.amount.currency.code),
            "refundedAmount": .string(row.refunded.decimal), "paymentProvider": JSONValue(row.way),
            "paymentId": JSONValue(row.charge), "escrowStatus": JSONValue(row.escrow), "status": .string(row.status),
            "createdAt": .string(row.createdAt.rfc3339), "updatedAt": .string(row.updatedAt.rfc3339),
        ]
    }

    private static func method(_ payment: Payment) -> String {
        payment.facts.platform?[Fact.method]?.string ?? payment.facts.method.rawValue
    }

    /// The gateway's number of the charge that paid it.
    private static func charge(_ payment: Payment) -> String? {
        if case .charge(let charge)? = payment.acceptance { charge.charge } else { nil }
    }

    /// The document has `pending` before the money is there; nil: no escrow.
    private static func escrowStatus(_ payment: Payment) -> String? {
        payment.facts.escrowPayee == nil ? nil : payment.escrow?.rawValue ?? "pending"
    }
}

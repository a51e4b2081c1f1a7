package import Primitives

/// The state of one charge at the provider: from a webhook (a hint) or from an inquiry (the truth).
package struct ChargeReport: Sendable, Equatable {
    package let gateway: GatewayName
    /// The provider's id of the charge: visible ASCII. Of 2C2P `tranRef`, else `referenceNo`, else the invoice.
    package let charge: String
    /// Our id of the payment: visible ASCII; nil when the provider does not tell one. Of 2C2P `invoiceNo`; of Omise and
    /// PayMongo what stands in the metadata, of PayMongo else the reference number.
    package let payment: String?
    /// `paid` only with an amount: what cannot be compared with the order is `unknown`.
    package let state: State
    /// Of the charge. Nil when the currency is not one of ours or what is told is no amount.
    package let amount: Money?
    /// What of it was given back, where it is told.
    package let refunded: Money?
    /// The provider's own code for what happened: printable ASCII of at most `GatewayLimits.maxCodeBytes`.
    package let code: String?
    package let paidAt: Timestamp?
    /// `gcash`, `card`, `promptpay`, or the provider's abbreviation: printable ASCII of at most `GatewayLimits.maxMethodBytes`.
    package let method: String?

    package enum State: String, Sendable, CaseIterable {
        case paid, pending, failed, cancelled, expired
        /// Given back in whole; in part it is still `paid`, with `refunded`.
        case refunded
        /// Taken back by the payer's bank, or undone before the money came.
        case reversed
        /// Nothing that can be acted on: ask the provider, then a person looks at it.
        case unknown
    }

    package init(
        gateway: GatewayName, charge: String, payment: String?, state: State, amount: Money?, refunded: Money? = nil,
        code: String? = nil, paidAt: Timestamp? = nil, method: String? = nil
    ) {
        self.gateway = gateway
        self.charge = charge
        self.payment = payment
        self.state = state == .paid && amount == nil ? .unknown : state
        self.amount = amount
        self.refunded = refunded
        self.code = code
        self.paidAt = paidAt
        self.method = method
    }
}

/// One refund at the provider, as the call that made it answers.
package struct RefundReport: Sendable, Equatable {
    package let gateway: GatewayName
    /// The provider's id of the refund.
    package let refund: String
    package let charge: String
    package let state: State
    /// Nil when what is told is no amount of ours.
    package let amount: Money?

    package enum State: String, Sendable, CaseIterable {
        case succeeded, pending, failed
        /// A word that is not known: ask for the charge.
        case unknown
    }
}

/// Where a payer is sent to pay.
package struct CheckoutPage: Sendable, Equatable {
    /// What the provider knows the page by: PayMongo's session, 2C2P's payment token. Visible ASCII.
    package let id: String
    /// Absolute; `https` unless the provider itself is configured without TLS, as stand-ins are.
    package let url: String
}

/// The payment gateways that are spoken to; the raw values stand in routes, settings and records.
package enum GatewayName: String, Sendable, CaseIterable {
    case twoC2P = "2c2p"
    case omise, paymongo
}

/// What a verified webhook says. Not proof of money yet: the provider is asked again (`ChargeReport`).
package struct GatewayNotice: Sendable, Equatable {
    /// The provider's id of the event, at most `GatewayLimits.maxIdentifierBytes`: the same delivery again has the same.
    /// 2C2P has none, so that it is made of the invoice, the transaction and the code.
    package let event: String
    package let subject: Subject

    package enum Subject: Sendable, Equatable {
        /// A charge, payment or invoice, and its state as the webhook says it.
        case charge(ChargeReport)
        /// Refunded in part or whole.
        case refund(ChargeReport)
        /// Of no interest to us: answered 200 and ignored. The type is visible ASCII of at most `GatewayLimits.maxCodeBytes`.
        case other(type: String)
    }
}

/// Why a webhook is not taken. Holds none of the sender's words: `malformed` names the property by our own name for it.
package enum WebhookRefusal: Error, Sendable, Equatable {
    /// There is no proof of its origin where it has to be: a stranger, or a provider that is not set up to sign.
    case missingSignature
    /// The proof is of other bytes, made with another key, or in another way than the one that is agreed on.
    case badSignature
    /// Genuine, and signed too long ago or too far ahead: somebody repeats it, or a clock is wrong.
    case stale
    case malformed(String)
    /// Of the provider's test mode where live is configured, or the other way round.
    case wrongMode
    /// Genuine, and not for the merchant that is configured.
    case wrongMerchant
}

package import Primitives

/// What a payment wants done outside. Each runs after its events are durable, and ends in one `PaymentOutcome`.
package enum PaymentEffect: Sendable, Equatable {
    /// Look for the reference in what was shown.
    case readSlip(slip: String, PaymentSlip.Source)
    /// Ask who has the reference, before a provider is paid to look at it.
    case lookUp(slip: String, SlipReference)
    case verify(slip: String, VerificationRound)
    /// Take the reference for this payment. It is never given up.
    case claim(slip: String, SlipProof)
    /// The same for a slip in review that a person accepts.
    case claimReviewed(slip: String, SlipReference)
    /// Ask whether the payer's wallet covers the payment.
    case checkBalance(of: String, Money)
    case inquire(GatewayInquiry)
    /// Orders that had given the payment up are to look again.
    case tellOrders
    /// Whether the wallet that the deposit went into still holds what is to go back.
    case checkRefund(RefundOrder, of: String)
    /// Have the gateway give it back.
    case refund(RefundOrder, GatewayCharge)
    /// Ask the gateway what became of it.
    case askRefund(RefundOrder, GatewayCharge)
    case startTimer(PaymentTimer, at: Timestamp)
    case stopTimer(PaymentTimer)
    /// Tell subscribers how much time is left.
    case countDown
}

/// What the timers of a payment are for.
package enum PaymentTimer: Sendable, Hashable {
    case expiry
    case slip(String)
    case balance
    case inquiry(PaymentGateway, charge: String)
    case refund(number: Int)
    case review(slip: String)
}

/// How an effect ended. What came before, twice or too late changes nothing.
package enum PaymentOutcome: Sendable, Equatable {
    /// The session was made or loaded: what is under way is taken up.
    case resumed
    case timerFired(PaymentTimer)
    case slipRead(slip: String, QRAnswer)
    case holder(slip: String, SlipReference, HolderAnswer)
    case verification(slip: String, VerificationRound, VerifierAnswer)
    case claim(slip: String, SlipReference, ClaimAnswer)
    case reviewClaimed(slip: String, ClaimAnswer)
    case balance(BalanceAnswer)
    case inquiry(GatewayInquiry, GatewayAnswer)
    case refundCheck(number: Int, BalanceAnswer)
    case refund(number: Int, RefundAnswer)
    case refundAsked(number: Int, GatewayAnswer)
}

package enum HolderAnswer: Sendable, Equatable {
    case free
    case taken
    case unavailable
}

package enum BalanceAnswer: String, Sendable, Equatable {
    case enough, short, unavailable
}

package enum GatewayAnswer: Sendable, Equatable {
    case charge(GatewayCharge)
    /// It knows no such charge.
    case absent
    case unavailable
}

package enum RefundAnswer: Sendable, Equatable {
    /// It is made, or will be.
    case accepted
    case refused
    case unclear
}

/// What decisions see of configuration.
package struct PaymentLive: Sendable, Equatable {
    /// Providers with their credentials, in the order in which they are asked.
    package var verifiers: [String]

    package init(verifiers: [String]) { self.verifiers = verifiers }
}

/// How often, and when, what failed is tried again; and how long a payment waits for what is under way. Times stand in the log.
package enum PaymentPolicy {
    /// Seconds between questions to a gateway that does not answer, or does not know yet.
    package static let inquiryDelays: [Int64] = [1, 3, 10, 60, 300, 900]
    /// While a slip or a gateway is being asked about, the payment does not expire; it looks again after so long.
    package static let grace = Duration.seconds(60)
    /// How long after it was sent a slip may hold up the expiry.
    package static let maxSlipAge = Duration.seconds(600)
    /// Questions to a gateway that may hold it up.
    package static let maxGraceInquiries = 4
    package static let balanceRetry = Duration.seconds(1)
    package static let refundRetry = Duration.seconds(10)
    /// Until a claim that could not be made is tried again, when a person waits for it.
    package static let claimRetry = Duration.seconds(5)
    /// A slip for a payment that has ended longer ago is not looked at.
    package static let maxLateAge = Duration.seconds(7 * 86_400)
    /// A transfer so much older than its payment, or so much later than its slip, is a case for a person: clocks differ.
    package static let maxClockDifference = Duration.seconds(600)

    /// How often a gateway that cannot be reached is asked: after the delays above, each hour for a week. Money may have come.
    package static let maxInquiryAttempts = 168
    package static let outageDelay = Duration.seconds(3_600)

    static func inquiryDelay(_ attempt: Int, isOutage: Bool) -> Duration? {
        if let delay = SlipRetryPolicy.delay(attempt, in: inquiryDelays) { return delay }
        return isOutage && attempt <= maxInquiryAttempts ? outageDelay : nil
    }
}

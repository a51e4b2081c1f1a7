internal import JSON
package import Primitives

/// The committed state of one payment: what is asked for, where it stands and why, the slip that is looked at, what gateways said,
/// what went back.
///
/// Money is counted once: every change of status names its evidence, a reference or a charge is taken by one payment, and the entry of
/// the ledger is written with the event.
package struct Payment: SessionMachine {
    package typealias Event = PaymentEvent
    package typealias Effect = PaymentEffect
    package typealias Outcome = PaymentOutcome
    package typealias Live = PaymentLive
    package typealias Facts = PaymentFacts
    package typealias Audience = PaymentAudience

    package static let kind = SessionKind.payment
    package static let checkpointFormat: Int16 = 1
    /// Slips that may be refused, one after another, before no more are looked at: each costs a question to a provider.
    package static let maxRejectedSlips = 20
    /// Charges that a gateway is being asked about.
    package static let maxInquiries = 8
    /// A gateway's events that are remembered, so that each counts once.
    package static let maxRememberedNotices = 64
    package static let maxRefunds = 50
    /// Transfers and charges about which a person has decided, so that nobody has to decide twice.
    package static let maxDecided = 16

    /// A slip that did not pay.
    package struct Rejected: Sendable, Equatable {
        package let slip: String
        package let code: SlipRejection
        package let at: Timestamp
    }

    /// What a person has accepted, on its way.
    package struct ReviewClaim: Sendable, Equatable {
        package let reference: SlipReference
        package let by: PaymentActor

        package init(reference: SlipReference, by: PaymentActor) {
            self.reference = reference
            self.by = by
        }
    }

    /// What a person is to decide about.
    package struct Review: Sendable, Equatable {
        package let reason: PaymentReviewReason
        package let evidence: PaymentEvidence
        /// The status before: who decides sees what was lost.
        package let from: PaymentStatus
        /// It is decided, once the transfer is this payment's.
        package internal(set) var claim: ReviewClaim?
    }

    package let id: String
    package let facts: PaymentFacts
    package let createdAt: Timestamp
    package internal(set) var status = PaymentStatus.pending
    package internal(set) var changedAt: Timestamp
    /// Until when it may be paid.
    package internal(set) var expiresAt: Timestamp
    /// What the newest status rests on; nil while it has never changed.
    package internal(set) var evidence: PaymentEvidence?
    /// What paid it; it stays when money goes back.
    package internal(set) var acceptance: PaymentEvidence?
    package internal(set) var acceptedAt: Timestamp?
    package internal(set) var review: Review?
    /// The way by which money came that the payment could not take by itself. It stays when the money is taken: it goes back the
    /// way it came.
    package internal(set) var unsettledWay: String?
    /// The charge that brought it, where a gateway did: the one that can give it back.
    package internal(set) var unsettledCharge: GatewayCharge?
    package internal(set) var slip: PaymentSlip?
    /// Oldest first, at most `maxRejectedSlips`.
    package internal(set) var rejectedSlips: [Rejected] = []
    package internal(set) var inquiries: [GatewayInquiry] = []
    /// Ids of events, oldest first, each with its gateway before it.
    var notices: [String] = []
    /// `PaymentEvidence.source` of what was in review, oldest first.
    var decided: [String] = []
    package internal(set) var refunded: Money
    package internal(set) var refund: RefundOrder?
    /// How many were asked for.
    package internal(set) var refundCount = 0
    package internal(set) var escrow: EscrowStatus?
    package internal(set) var escrowChangedAt: Timestamp?
    package internal(set) var lastOffset: Int64 = 0

    package init(id: String, facts: PaymentFacts, createdAt: Timestamp) {
        self.id = id
        self.facts = facts
        self.createdAt = createdAt
        changedAt = createdAt
        expiresAt = createdAt.advanced(by: .seconds(facts.expiresInSeconds))
        refunded = Money.zero(facts.amount.currency)
    }

    package mutating func apply(_ event: PaymentEvent, offset: Int64, at: Timestamp) {
        lastOffset = offset
        switch event {
        case .statusChanged(let transition): apply(transition, at: at)
        case .slipStage(let slip, let stage): apply(stage, to: slip, at: at)
        case .slipRejected(let id, let code):
            rejectedSlips.append(Rejected(slip: id, code: code, at: at))
            if rejectedSlips.count > Self.maxRejectedSlips { rejectedSlips.removeFirst() }
            if slip?.id == id { slip = nil }
            if review?.slip == id { review?.claim = nil }
        case .timerExtended(let until, _): expiresAt = until
        case .noticed(let inquiry, _):
            remember(inquiry)
            set(inquiry)
        case .inquiryDelayed(let inquiry): set(inquiry)
        case .ignored(let inquiry, let reason):
            // What could not be found out may be told again.
            if reason.isFinal { remember(inquiry) } else { forget(inquiry) }
            // What is refused as it comes does not end a question that another notice has made us ask.
            inquiries.removeAll { $0.isAbout(inquiry) && $0.event == inquiry.event }
        case .reviewClaiming(let id, let claim): if review?.slip == id { review?.claim = claim }
        case .refundRequested(let order):
            refund = order
            refundCount = order.number
        case .refundFailed(let number, _): if refund?.number == number { refund = nil }
        case .escrowChanged(let from, let to, _):
            guard escrow == from else { return }
            escrow = to
            escrowChangedAt = at
        }
    }

    /// A transition that cannot be was never decided; read from a damaged log it changes nothing.
    private mutating func apply(_ transition: PaymentTransition, at: Timestamp) {
        guard transition.from == status, isPossible(transition) else { return }
        status = transition.to
        changedAt = at
        evidence = transition.evidence
        if let source = review?.evidence.source {
            decided.append(source)
            if decided.count > Self.maxDecided { decided.removeFirst() }
        }
        review = nil
        switch transition.to {
        case .accepted:
            acceptance = transition.evidence
            acceptedAt = at
        case .review:
            if let reason = transition.reason {
                review = Review(reason: reason, evidence: transition.evidence, from: transition.from)
            }
            if transition.evidence.isMoney {
                unsettledWay = transition.evidence.way
                unsettledCharge = transition.evidence.charge
            }
        case .refunded:
            refunded = transition.amount.flatMap { refunded.adding($0) } ?? refunded
            // A smaller part that went back at the gateway is not the one that is under way.
            if let refund, let amount = transition.amount, amount.hundredths >= refund.amount.hundredths {
                self.refund = nil
            }
        case .pending, .rejected, .expired, .cancelled: break
        }
        if case .slip(let id, _) = transition.evidence, slip?.id == id { slip = nil }
        if case .unprovenSlip(let id, _) = transition.evidence, slip?.id == id { slip = nil }
        if case .charge(let charge) = transition.evidence {
            inquiries.removeAll { $0.isAbout(charge) }
        }
    }

    /// Whether the status may change so, and on that evidence.
    func isPossible(_ transition: PaymentTransition) -> Bool {
        let (to, evidence) = (transition.to, transition.evidence)
        guard transition.from.next.contains(to), evidence.supports(transition.from, to: to),
            (to == .review) == (transition.reason != nil), (to == .refunded) == (transition.amount != nil)
        else { return false }
        switch to {
        case .accepted:
            // Money beside what is in review would be counted as that.
            return !evidence.isMoney || evidence.amount == facts.amount && unsettledWay == nil
        case .review: return !evidence.isMoney || evidence.amount == facts.amount
        case .refunded:
            guard let amount = transition.amount, !amount.isZero, amount.currency == facts.amount.currency else {
                return false
            }
            // What nobody has taken goes back as it came.
            if transition.from == .review { return amount == refundable }
            return amount.hundredths <= refundable.hundredths
        case .pending, .rejected, .expired, .cancelled: return true
        }
    }

    private mutating func apply(_ stage: PaymentSlipStage, to id: String, at: Timestamp) {
        if case .received(let source) = stage {
            slip = PaymentSlip(id: id, submittedAt: at, source: source)
            return
        }
        guard slip?.id == id else { return }
        switch stage {
        case .received: break
        case .read(let reference, let payload):
            slip?.progress = .read(reference, payload: payload)
            slip?.wait = nil
        case .verified(let proof):
            slip?.progress = .verified(proof)
            slip?.wait = nil
        case .waiting(let wait): slip?.wait = wait
        }
    }

    private mutating func set(_ inquiry: GatewayInquiry) {
        inquiries.removeAll { $0.isAbout(inquiry) }
        inquiries.append(inquiry)
    }

    private mutating func remember(_ inquiry: GatewayInquiry) {
        guard let event = inquiry.event, !knows(event, of: inquiry.gateway) else { return }
        notices.append(Self.notice(event, of: inquiry.gateway))
        if notices.count > Self.maxRememberedNotices { notices.removeFirst() }
    }

    private mutating func forget(_ inquiry: GatewayInquiry) {
        guard let event = inquiry.event else { return }
        notices.removeAll { $0 == Self.notice(event, of: inquiry.gateway) }
    }

    func knows(_ event: String, of gateway: PaymentGateway) -> Bool {
        notices.contains(Self.notice(event, of: gateway))
    }

    private static func notice(_ event: String, of gateway: PaymentGateway) -> String { "\(gateway.rawValue)/\(event)" }

    /// Something is under way that a restart has to take up again, or a timer runs that must fire.
    package var isUnfinished: Bool {
        status == .pending || slip != nil || !inquiries.isEmpty || refund != nil || review?.claim != nil
    }

    /// What may still go back.
    package var refundable: Money { facts.amount.subtracting(refunded) ?? .zero(facts.amount.currency) }
}

extension Payment.Review {
    /// The slip that nobody vouches for, where it is about one.
    var slip: String? { if case .unprovenSlip(let id, _) = evidence { id } else { nil } }
}

package import JSON

/// Who sees the same of a payment.
package enum PaymentAudience: UInt8, SessionAudience {
    /// Who pays, and the tenant's people.
    case party
    /// Who has a link to it, or for whom the money is held: they read how it stands, but not whose account the money came from, what
    /// was shown as the slip, or what staff noted.
    case guest
}

extension Payment {
    package static func data(of event: PaymentEvent, for audience: PaymentAudience) -> JSONValue? {
        audience == .guest ? event.guestData : nil
    }

    /// Without what guests do not read, but for the slip.
    var forGuests: Payment {
        var payment = self
        payment.evidence = evidence?.forGuests
        payment.acceptance = acceptance?.forGuests
        payment.review = review?.forGuests
        payment.refund = refund?.forGuests
        return payment
    }
}

extension PaymentEvent {
    /// nil: all of it.
    fileprivate var guestData: JSONValue? {
        switch self {
        case .statusChanged(let transition):
            PaymentEvent.statusChanged(
                PaymentTransition(
                    from: transition.from, to: transition.to, evidence: transition.evidence.forGuests,
                    amount: transition.amount, reason: transition.reason)
            ).data
        case .slipStage(let slip, .verified(let proof)):
            PaymentEvent.slipStage(slip: slip, .verified(proof.forGuests)).data
        case .slipStage: data.without(PaymentSlip.shownMembers)
        case .timerExtended(let until, let by): PaymentEvent.timerExtended(until: until, by: by?.forGuests).data
        case .reviewClaiming(let slip, let claim): PaymentEvent.reviewClaiming(slip: slip, claim.forGuests).data
        case .refundRequested(let order): PaymentEvent.refundRequested(order.forGuests).data
        case .escrowChanged(let from, let to, let evidence):
            PaymentEvent.escrowChanged(from: from, to: to, evidence: evidence.forGuests).data
        case .slipRejected, .noticed, .inquiryDelayed, .ignored, .refundFailed: nil
        }
    }
}

extension PaymentSlip {
    /// What was shown: a text that names account and transfer, or a picture of it.
    fileprivate static let shownMembers = ["payload", "image", "qr"]

    var guestJSON: JSONValue {
        var slip = self
        if case .verified(let proof) = progress { slip.progress = .verified(proof.forGuests) }
        return slip.json.without(Self.shownMembers)
    }
}

extension PaymentEvidence {
    fileprivate var forGuests: PaymentEvidence {
        switch self {
        case .slip(let id, let proof): .slip(id: id, proof.forGuests)
        case .actor(let actor): .actor(actor.forGuests)
        case .unprovenSlip, .charge, .balance, .timer: self
        }
    }
}

extension PaymentActor {
    fileprivate var forGuests: PaymentActor { PaymentActor(subject: subject, role: role) }
}

extension RefundOrder {
    fileprivate var forGuests: RefundOrder { RefundOrder(number: number, amount: amount, by: by.forGuests) }
}

extension Payment.ReviewClaim {
    fileprivate var forGuests: Payment.ReviewClaim { Payment.ReviewClaim(reference: reference, by: by.forGuests) }
}

extension Payment.Review {
    fileprivate var forGuests: Payment.Review {
        Payment.Review(reason: reason, evidence: evidence.forGuests, from: from, claim: claim?.forGuests)
    }
}

extension SlipProof {
    fileprivate var forGuests: SlipProof {
        SlipProof(
            verifier: verifier, reference: reference, amount: amount, transferredAt: transferredAt, sender: SlipParty(),
            receiver: receiver, wasSeenBefore: wasSeenBefore)
    }
}

extension JSONValue {
    fileprivate func without(_ names: [String]) -> JSONValue {
        guard var object else { return self }
        for name in names { object[name] = nil }
        return .object(object)
    }
}

internal import Primitives

// What follows from each answer. An answer that the slip does not wait for (any more) changes nothing.

extension SlipDraft {
    mutating func timerFired(at now: Timestamp) throws(SlipTransitionFault) {
        guard case .open(let progress, let wait) = slip.phase else { return }
        if let wait, wait.until > now {
            return startTimer(at: wait.until)
        }
        switch progress {
        // Also without a wait: that is how a resumed slip goes on.
        case .matched, .received(.some): try proceed()
        case .received(nil), .verified: if wait != nil { try proceed() }
        }
    }

    mutating func receive(_ answer: ImageAnswer) throws(SlipTransitionFault) {
        guard case .open(.received(nil), _) = slip.phase else { return }
        switch answer {
        case .held: run(.decodeQR(transaction: slip.transaction))
        case .pending:
            try delay(
                .image, .contentPending, in: SlipRetryPolicy.imageDelays, otherwise: .failed(.imageUnavailable))
        case .gone: try add(.failed(.imageUnavailable))
        case .unavailable: try delay(.image, .unavailable, otherwise: .review(.providersUnavailable))
        }
    }

    mutating func receive(_ answer: QRAnswer) throws(SlipTransitionFault) {
        guard case .open(.received(nil), _) = slip.phase else { return }
        switch answer {
        case .slip(let reference, let payload):
            run(.claim(transaction: slip.transaction, SlipClaim(reference: reference, payload: payload)))
        case .foreign: try add(.failed(.notASlip))
        case .none: try verify(.image)
        case .noImage: try proceed()
        }
    }

    mutating func receive(_ answer: ClaimAnswer, to claim: SlipClaim) throws(SlipTransitionFault) {
        guard case .open(let progress, _) = slip.phase, progress.claim == nil else { return }
        if let proof = progress.proof, proof.reference != claim.reference { return }
        switch answer {
        case .claimed:
            try add(.identified(claim))
            try proceed()
        case .taken(let original):
            try add(.duplicate(DuplicateProof(source: .claim, reference: claim.reference, original: original)))
        case .unavailable: try delay(.claim, .unavailable, otherwise: .review(.claimUnavailable))
        }
    }

    // MARK: Verification

    mutating func receive(
        _ answer: VerifierAnswer, in round: VerificationRound, at now: Timestamp
    ) throws(SlipTransitionFault) {
        guard case .open(.received(let claim), _) = slip.phase else { return }
        if case .genuine = answer {
            note(round.verifier, isExhausted: false)
        } else {
            // A negative answer of an earlier round says nothing about this one.
            guard round.number == entry.failures(of: .verification) else { return }
            if answer == .fault(.quota) { note(round.verifier, isExhausted: true) }
        }
        switch round.verdict(on: answer, reference: claim?.reference, sentAt: slip.receipt.sentAt, at: now) {
        case .genuine(let proof):
            try add(.verified(proof))
            guard proof.isTimely(sentAt: slip.receipt.sentAt) else { return try add(.review(.transferTime)) }
            try proceed()
        case .next(let round): run(.verify(transaction: slip.transaction, round))
        case .later(let reason, let atLeast, let end):
            try delay(.verification, reason, atLeast: atLeast, otherwise: SlipEvent(end))
        case .ended(let end): try add(SlipEvent(end))
        }
    }

    // MARK: User and credit

    mutating func receive(_ answer: UsersAnswer) throws(SlipTransitionFault) {
        guard case .open(.verified(.some, let proof, .some), _) = slip.phase else { return }
        switch answer {
        case .found(let candidates):
            switch UserMatcher.match(proof.sender, among: candidates) {
            case .one(let user):
                try add(.userFound(user))
                try proceed()
            case .none: try add(.review(.noUser))
            case .ambiguous: try add(.review(.ambiguousUser))
            }
        case .unavailable: try delay(.user, .unavailable, otherwise: .review(.backEndUnavailable))
        case .adminExpired: try expireAdmin()
        }
    }

    mutating func receive(
        _ answer: CreditAnswer, toAttempt attempt: Int, at now: Timestamp
    ) throws(SlipTransitionFault) {
        guard case .open(.matched(_, let credit), _) = slip.phase, let order = credit.openOrder else { return }
        if case .accepted(let reference) = answer {
            // Whichever attempt it was: the key is one, so the credit is one.
            return try add(.credited(order.proof(.answered, reference)))
        }
        guard case .submitting(_, let since) = credit, order.attempt == attempt else { return }
        let settled = max(now, since.advanced(by: SlipRetryPolicy.creditSettleTime))
        switch answer {
        case .accepted: break
        case .duplicate where attempt == 1:
            try add(.duplicate(DuplicateProof(source: .backEnd, reference: order.reference, original: nil)))
        case .duplicate: try askLater(order, ask: 1, at: settled, isConflict: true)
        case .refused: try add(.review(.creditRefused))
        case .adminExpired: try expireAdmin()
        case .unsent: try delay(.credit, .unavailable, otherwise: .review(.backEndUnavailable))
        case .unclear: try askLater(order, ask: 1, at: settled, isConflict: false)
        }
    }

    mutating func receive(
        _ answer: CreditAskAnswer, toAttempt attempt: Int, ask: Int, at now: Timestamp
    ) throws(SlipTransitionFault) {
        guard
            case .open(.matched(let match, .asking(let order, let asked, _, let isConflict, let absences)), _) = slip
                .phase,
            order.attempt == attempt, asked == ask
        else { return }
        switch answer {
        case .found(let amount, let reference):
            if amount == order.amount {
                try add(.credited(order.proof(.reconciled, reference)))
            } else {
                try add(.review(.creditDiffers))
            }
        case .absent where isConflict:
            try add(.duplicate(DuplicateProof(source: .backEnd, reference: order.reference, original: nil)))
        case .absent where absences + 1 < SlipRetryPolicy.absences:
            // A back end that takes its time says so, too.
            try askLater(
                order, ask: ask + 1, at: now.advanced(by: SlipRetryPolicy.absenceDelay), isConflict: isConflict,
                absences: absences + 1)
        case .absent:
            guard attempt < SlipRetryPolicy.maxSubmissions else { return try add(.review(.creditAbsent)) }
            let next = match.order(attempt: attempt + 1)
            try add(.crediting(next))
            run(.submitCredit(transaction: slip.transaction, next))
        case .unclear, .adminExpired:
            if answer == .adminExpired { noteExpiredAdmin() }
            guard let delay = SlipRetryPolicy.delay(ask, in: SlipRetryPolicy.askDelays) else {
                return try add(.review(.creditUnknown))
            }
            try askLater(
                order, ask: ask + 1, at: now.advanced(by: delay), isConflict: isConflict, absences: absences)
        }
    }

    /// Asks what became of the order, at `time`, which is durable.
    mutating func askLater(
        _ order: CreditOrder, ask: Int, at time: Timestamp, isConflict: Bool, absences: Int = 0
    ) throws(SlipTransitionFault) {
        try add(
            .creditUnclear(attempt: order.attempt, ask: ask, until: time, isConflict: isConflict, absences: absences))
        startTimer(at: time)
    }
}

extension SlipEvent {
    fileprivate init(_ end: VerificationRound.End) {
        switch end {
        case .failed(let failure): self = .failed(failure)
        case .review(let reason): self = .review(reason)
        }
    }
}

extension CreditOrder {
    package func proof(_ source: CreditProof.Source, _ reference: String?) -> CreditProof {
        CreditProof(key: key, amount: amount, source: source, backEndReference: reference)
    }
}

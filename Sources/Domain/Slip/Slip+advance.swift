package import Primitives

extension Slip {
    /// The slip after `event`. Every pair of a state and an event either leads somewhere or is refused with the reason; there
    /// is no third way.
    package func advanced(by event: SlipEvent, at: Timestamp) throws(SlipTransitionFault) -> Slip {
        var next = self
        do {
            next.phase = try Self.phase(after: event, from: phase, at: at)
        } catch {
            throw SlipTransitionFault(status: status, event: event.name, cause: error)
        }
        next.changedAt = at
        return next
    }

    private typealias Refused = SlipTransitionFault.Cause

    private static func phase(
        after event: SlipEvent, from phase: Phase, at: Timestamp
    ) throws(SlipTransitionFault.Cause) -> Phase {
        switch phase {
        case .credited, .duplicate, .failed: throw .terminal
        case .review(_, let progress):
            switch event {
            case .retried, .resolved: return .open(progress, wait: nil)
            default: throw .notFromHere
            }
        case .open(let progress, let wait):
            return try self.phase(after: event, from: progress, wait, at: at)
        }
    }

    private static func phase(
        after event: SlipEvent, from progress: Progress, _ wait: Wait?, at: Timestamp
    ) throws(SlipTransitionFault.Cause) -> Phase {
        switch event {
        case .received, .retried, .resolved: throw .notFromHere
        case .identified(let claim): return .open(try progress.identified(by: claim), wait: nil)
        case .delayed(let next): return .open(try progress.delayed(by: next, after: wait), wait: next)
        case .verified(let proof): return .open(try progress.verified(by: proof), wait: nil)
        case .matched(let account): return .open(try progress.matched(to: account), wait: nil)
        case .userFound(let user): return .open(try progress.matched(to: user), wait: nil)
        case .crediting(let order): return .open(try progress.crediting(order, at: at), wait: nil)
        case .creditUnclear(let attempt, let ask, let until, let isConflict, let absences):
            return .open(
                try progress.unclear(attempt, ask: ask, until: until, isConflict, absences: absences), wait: nil)
        case .credited(let proof): return .credited(try progress.credited(by: proof), proof)
        case .duplicate(let proof):
            try progress.allow(proof)
            return .duplicate(proof, progress.settled)
        case .failed(let failure):
            try progress.allow(failure)
            return .failed(failure, progress)
        case .review(let reason): return .review(reason, try progress.reviewed(for: reason))
        }
    }
}

extension Slip.Progress {
    fileprivate func identified(by claim: SlipClaim) throws(SlipTransitionFault.Cause) -> Self {
        switch self {
        case .received(nil): return .received(claim: claim)
        case .verified(nil, let proof, let account):
            guard proof.reference == claim.reference else { throw .otherReference }
            return .verified(claim: claim, proof, account: account)
        case .received, .verified: throw .otherReference
        case .matched: throw .notFromHere
        }
    }

    fileprivate func verified(by proof: SlipProof) throws(SlipTransitionFault.Cause) -> Self {
        guard case .received(let claim) = self else { throw .notFromHere }
        guard claim == nil || claim?.reference == proof.reference else { throw .otherReference }
        return .verified(claim: claim, proof, account: nil)
    }

    fileprivate func matched(to account: AccountMatch) throws(SlipTransitionFault.Cause) -> Self {
        guard case .verified(let claim, let proof, let known) = self else { throw .notFromHere }
        guard let claim else { throw .unclaimed }
        guard known == nil else { throw .account }
        return .verified(claim: claim, proof, account: account)
    }

    fileprivate func matched(to user: UserMatch) throws(SlipTransitionFault.Cause) -> Self {
        guard case .verified(let claim, let proof, let account) = self else { throw .notFromHere }
        guard let claim else { throw .unclaimed }
        guard let account else { throw .account }
        return .matched(Slip.Match(claim: claim, proof: proof, account: account, user: user), .ready(attempts: 0))
    }

    fileprivate func delayed(
        by next: Slip.Wait, after wait: Slip.Wait?
    ) throws(SlipTransitionFault.Cause) -> Self {
        switch (next.step, self) {
        case (.credit, .matched(let match, .submitting(let order, _))):
            guard next.attempt == order.attempt else { throw .attempt }
            return .matched(match, .ready(attempts: order.attempt))
        case (.credit, .matched): throw .noCreditOpen
        case (.image, .received(nil)), (.claim, .received(nil)), (.verification, .received),
            (.claim, .verified(nil, _, _)), (.account, .verified(.some, _, nil)),
            (.user, .verified(.some, _, .some)):
            let failures = wait.map { $0.step == next.step ? $0.attempt : 0 } ?? 0
            guard next.attempt == failures + 1 else { throw .attempt }
            return self
        default: throw .step
        }
    }

    fileprivate func crediting(_ order: CreditOrder, at: Timestamp) throws(SlipTransitionFault.Cause) -> Self {
        guard case .matched(let match, let credit) = self else { throw .notFromHere }
        let attempts: Int
        switch credit {
        case .ready(let made): attempts = made
        case .submitting: throw .creditOpen
        case .asking(let earlier, _, _, _, _): attempts = earlier.attempt
        }
        guard order.attempt == attempts + 1 else { throw .attempt }
        guard order == match.order(attempt: order.attempt) else { throw .otherOrder }
        return .matched(match, .submitting(order, since: at))
    }

    fileprivate func unclear(
        _ attempt: Int, ask: Int, until: Timestamp, _ isConflict: Bool, absences: Int
    ) throws(SlipTransitionFault.Cause) -> Self {
        guard case .matched(let match, let credit) = self else { throw .notFromHere }
        switch credit {
        case .ready: throw .noCreditOpen
        case .submitting(let order, _):
            guard order.attempt == attempt, ask == 1 else { throw .attempt }
            return .matched(
                match, .asking(order, ask: ask, until: until, isConflict: isConflict, absences: absences))
        case .asking(let order, let asked, _, let wasConflict, _):
            guard order.attempt == attempt, ask == asked + 1 || ask == 1 else { throw .attempt }
            return .matched(
                match,
                .asking(order, ask: ask, until: until, isConflict: isConflict || wasConflict, absences: absences))
        }
    }

    fileprivate func credited(by proof: CreditProof) throws(SlipTransitionFault.Cause) -> Slip.Match {
        guard case .matched(let match, let credit) = self else { throw .notFromHere }
        guard let order = credit.openOrder else { throw .noCreditOpen }
        guard proof.key == order.key, proof.amount == order.amount else { throw .otherOrder }
        return match
    }

    fileprivate func allow(_ proof: DuplicateProof) throws(SlipTransitionFault.Cause) {
        switch proof.source {
        case .claim:
            guard claim == nil else { throw .otherReference }
        case .backEnd:
            guard openOrder != nil else { throw .noCreditOpen }
        case .person:
            guard openOrder == nil else { throw .creditOpen }
        }
    }

    fileprivate func allow(_ failure: SlipFailure) throws(SlipTransitionFault.Cause) {
        guard openOrder == nil else { throw .creditOpen }
        switch failure {
        case .rejected: return
        case .tooMany:
            guard self == .received(claim: nil) else { throw .notFromHere }
        case .unreadable, .notASlip, .imageUnavailable, .notFound, .expired:
            guard case .received = self else { throw .notFromHere }
        }
    }

    fileprivate func reviewed(for reason: ReviewReason) throws(SlipTransitionFault.Cause) -> Self {
        switch reason {
        case .creditUnknown, .creditDiffers:
            guard openOrder != nil else { throw .noCreditOpen }
            return self
        case .creditRefused, .creditAbsent:
            guard openOrder != nil else { throw .noCreditOpen }
            return settled
        case .adminExpired, .backEndUnavailable:
            // The order was not taken; what is asked about is another matter.
            if case .matched(_, .asking) = self { throw .creditOpen }
            return settled
        case .lateDelivery:
            guard self == .received(claim: nil) else { throw .notFromHere }
            return self
        case .providersUnavailable, .providerQuota, .providerConfiguration, .bankDelayed, .referenceMismatch,
            .unclearAnswer:
            guard case .received = self else { throw .notFromHere }
            return self
        case .transferTime:
            guard case .verified(_, _, nil) = self else { throw .notFromHere }
            return self
        case .claimUnavailable:
            guard claim == nil else { throw .otherReference }
            return self
        case .noAccount, .ambiguousAccount, .noUser, .ambiguousUser:
            guard case .verified(.some, _, let account) = self else { throw .notFromHere }
            guard (account == nil) == (reason == .noAccount || reason == .ambiguousAccount) else { throw .account }
            return self
        }
    }

    /// Without an open order: the back end said that it did not take it.
    fileprivate var settled: Self {
        guard case .matched(let match, let credit) = self, let order = credit.openOrder else { return self }
        return .matched(match, .ready(attempts: order.attempt))
    }
}

extension Slip.Match {
    /// What a submission of this match is, to the last member.
    package func order(attempt: Int) -> CreditOrder {
        CreditOrder(
            key: CreditOrder.key(of: claim.reference), attempt: attempt, reference: claim.reference,
            amount: proof.amount, account: account.account, user: user.user)
    }
}

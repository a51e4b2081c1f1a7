package import Primitives

extension LineAccount {
    /// What was under way when the process ended, from the state alone: steps that only ask are asked again, an order that may
    /// have been sent is asked about and not sent again, a notice that may have been told goes the way of its mark.
    ///
    /// Whatever needs an event first is a timer at `now`.
    package func resumeEffects(at now: Timestamp) -> [LineAccountEffect] {
        var effects: [LineAccountEffect] = []
        for entry in ordered {
            for effect in entry.resumeEffects(at: now) where effect != .loadAccounts || !effects.contains(effect) {
                effects.append(effect)
            }
        }
        if waitsForRelease { effects.append(.startTimer(.release, at: now)) }
        return effects
    }

    /// An administrator has logged in, and not all slips that waited for that were let go on yet.
    private var waitsForRelease: Bool {
        guard case .active = admin else { return false }
        return entries.values.contains { $0.slip.reviewReason == .adminExpired }
    }

    /// True while something is under way that a restart has to take up again.
    package var isUnfinished: Bool { entries.values.contains { $0.isUnderWay } || waitsForRelease }
}

extension LineAccount.Entry {
    /// Something is to be done for it that nobody but the process does: a slip in review waits for a person.
    fileprivate var isUnderWay: Bool {
        if case .open = slip.phase { return true }
        if case .sending = receipt { return true }
        if case .sending = result { return true }
        return false
    }

    func resumeEffects(at now: Timestamp) -> [LineAccountEffect] {
        var effects: [LineAccountEffect] = []
        let transaction = slip.transaction
        let timer = LineAccountTimer.slip(transaction: transaction)
        switch slip.phase {
        case .open(_, let wait?): effects.append(.startTimer(timer, at: wait.until))
        case .open(.received(nil), nil):
            effects.append(
                .fetchImage(transaction: transaction, message: slip.receipt.message, user: slip.receipt.user))
        case .open(.verified(nil, let proof, _), nil):
            effects.append(.claim(transaction: transaction, SlipClaim(reference: proof.reference, payload: nil)))
        case .open(.verified(.some, _, nil), nil): effects.append(.loadAccounts)
        case .open(.verified(.some, let proof, .some), nil):
            effects.append(.searchUser(transaction: transaction, sender: proof.sender))
        case .open(.matched(_, .submitting(_, let since)), nil):
            effects.append(.startTimer(timer, at: since.advanced(by: SlipRetryPolicy.creditSettleTime)))
        case .open(.matched(_, .asking(_, _, let until, _, _)), nil): effects.append(.startTimer(timer, at: until))
        // Which provider is first is for the decision to say; an order needs its event.
        case .open(.received(.some), nil), .open(.matched(_, .ready), nil):
            effects.append(.startTimer(timer, at: now))
        case .review, .credited, .duplicate, .failed: break
        }
        for kind in NoticeKind.allCases {
            if case .sending = notice(kind) {
                effects.append(.startTimer(.notice(transaction: transaction, kind, attempt: 1), at: now))
            }
        }
        return effects
    }
}

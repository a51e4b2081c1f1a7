internal import Primitives

extension LineAccount {
    /// nil when the outcome changes nothing: it came before, too late, or for a slip that is gone. One that would break the
    /// slip's state machine is dropped whole: nothing of it is written.
    package func decide(
        _ outcome: LineAccountOutcome, live: LineAccountLive, _ context: DecisionContext
    ) -> Decision<LineAccount>? {
        let now = context.now
        do {
            switch outcome {
            case .resumed: return Decision(effects: resumeEffects(at: now))
            case .timerFired(.accounts): return try matchWaiting(live, now)
            case .timerFired(.release):
                // Slips of an administrator who has logged in; those of one whose session is over stay.
                guard case .active = admin else { return nil }
                let decision = releaseSlips(live, at: now)
                return decision.events.isEmpty ? nil : decision
            case .timerFired(.slip(let transaction)):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.timerFired(at: now)
                }
            case .timerFired(.notice(let transaction, let kind, let attempt)):
                return try draft(transaction, live, now) { draft in
                    draft.tellAgain(kind, attempt: attempt, at: now)
                }
            case .image(let transaction, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer)
                }
            case .qr(let transaction, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer)
                }
            case .claim(let transaction, let claim, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer, to: claim)
                }
            case .verification(let transaction, let round, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer, in: round, at: now)
                }
            case .accounts(let answer): return try receive(answer, live, now)
            case .users(let transaction, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer)
                }
            case .credit(let transaction, let attempt, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer, toAttempt: attempt, at: now)
                }
            case .creditAsked(let transaction, let attempt, let ask, let answer):
                return try draft(transaction, live, now) { (draft) throws(SlipTransitionFault) in
                    try draft.receive(answer, toAttempt: attempt, ask: ask, at: now)
                }
            case .told(let telling, let answer):
                return try draft(telling.transaction, live, now) { draft in draft.receive(answer, to: telling, at: now)
                }
            case .quota(let report):
                guard quotas[report.name] != report, quotas[report.name] != nil || quotas.count < Self.maxQuotas
                else { return nil }
                return Decision(events: [.quotaChanged(report)])
            }
        } catch {
            return nil
        }
    }

    /// Lets `change` decide about one slip; nil when it is gone or nothing came of it.
    private func draft(
        _ transaction: String, _ live: LineAccountLive, _ now: Timestamp,
        _ change: (inout SlipDraft) throws(SlipTransitionFault) -> Void
    ) throws(SlipTransitionFault) -> Decision<LineAccount>? {
        guard let entry = entries[transaction] else { return nil }
        var draft = SlipDraft(entry, of: self, live, at: now)
        try change(&draft)
        return draft.decision.events.isEmpty && draft.decision.effects.isEmpty ? nil : draft.decision
    }

    // MARK: The account list

    private func receive(
        _ answer: AccountsAnswer, _ live: LineAccountLive, _ now: Timestamp
    ) throws(SlipTransitionFault) -> Decision<LineAccount>? {
        try eachWaiting(live, now) { (draft) throws(SlipTransitionFault) in
            switch answer {
            case .loaded(let list): try draft.matchAccount(in: list)
            case .unavailable: try draft.delay(.account, .unavailable, otherwise: .review(.backEndUnavailable))
            case .adminExpired: try draft.expireAdmin()
            }
        }
    }

    private func matchWaiting(
        _ live: LineAccountLive, _ now: Timestamp
    ) throws(SlipTransitionFault) -> Decision<LineAccount>? {
        try eachWaiting(live, now) { (draft) throws(SlipTransitionFault) in try draft.proceed() }
    }

    /// Decides about the slips that wait for the account list, oldest first, and about so many in one transaction.
    private func eachWaiting(
        _ live: LineAccountLive, _ now: Timestamp, _ change: (inout SlipDraft) throws(SlipTransitionFault) -> Void
    ) throws(SlipTransitionFault) -> Decision<LineAccount>? {
        let waiting = ordered.filter { $0.waitsForAccounts(at: now) }
        guard !waiting.isEmpty else { return nil }
        var decision = Decision<LineAccount>()
        for entry in waiting.prefix(Self.maxSlipsAtOnce) {
            var draft = SlipDraft(entry, of: self, live, at: now)
            try change(&draft)
            decision.append(draft.decision)
        }
        // Where nothing came of it they wait for the list, whose answer goes on with them.
        if waiting.count > Self.maxSlipsAtOnce, !decision.events.isEmpty {
            decision.effects.append(.startTimer(.accounts, at: now))
        }
        return decision
    }
}

extension LineAccount.Entry {
    /// Not one whose timer is running: it asks again when that has fired.
    func waitsForAccounts(at now: Timestamp) -> Bool {
        guard case .open(.verified(.some, _, nil), let wait) = slip.phase else { return false }
        return wait.map { $0.until <= now } ?? true
    }
}

extension Decision<LineAccount> {
    /// Another slip's part of the same decision. What concerns the account as a whole is said once.
    mutating func append(_ other: Decision<LineAccount>) {
        for event in other.events where event != .adminExpired || !events.contains(event) { events.append(event) }
        for effect in other.effects where effect != .loadAccounts || !effects.contains(effect) {
            effects.append(effect)
        }
    }
}

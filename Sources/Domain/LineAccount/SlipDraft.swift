internal import Primitives

/// A decision about one slip being made: its events so far, and the entry that they lead to.
struct SlipDraft {
    private(set) var entry: LineAccount.Entry
    var decision = Decision<LineAccount>()
    private let account: LineAccount
    private let live: LineAccountLive
    private let now: Timestamp

    init(_ entry: LineAccount.Entry, of account: LineAccount, _ live: LineAccountLive, at now: Timestamp) {
        self.entry = entry
        self.account = account
        self.live = live
        self.now = now
    }

    var slip: Slip { entry.slip }
    private var transaction: String { entry.slip.transaction }

    /// Adds a transition; one that ends the slip also begins telling the customer.
    mutating func add(_ event: SlipEvent) throws(SlipTransitionFault) {
        entry.slip = try entry.slip.advanced(by: event, at: now)
        decision.events.append(.slip(transaction: transaction, event))
        if entry.slip.status.isTerminal { tellResult() }
    }

    mutating func run(_ effect: LineAccountEffect) {
        if !decision.effects.contains(effect) { decision.effects.append(effect) }
    }

    // MARK: Steps

    /// Takes the next step of an open slip; nothing for any other.
    mutating func proceed() throws(SlipTransitionFault) {
        guard case .open(let progress, _) = entry.slip.phase else { return }
        switch progress {
        case .received(nil):
            let receipt = entry.slip.receipt
            run(.fetchImage(transaction: transaction, message: receipt.message, user: receipt.user))
        case .received(let claim?): try verify(claim.payload.map { .payload($0) } ?? .image)
        case .verified(nil, let proof, _):
            run(.claim(transaction: transaction, SlipClaim(reference: proof.reference, payload: nil)))
        case .verified(.some, _, nil): try matchAccount()
        case .verified(.some, let proof, .some): run(.searchUser(transaction: transaction, sender: proof.sender))
        case .matched(let match, .ready(let attempts)):
            let order = match.order(attempt: attempts + 1)
            try add(.crediting(order))
            run(.submitCredit(transaction: transaction, order))
        case .matched(_, .submitting(let order, let since)):
            // Nobody waits for its answer any more: the process that did is gone.
            let settled = since.advanced(by: SlipRetryPolicy.creditSettleTime)
            if settled > now { return startTimer(at: settled) }
            try add(.creditUnclear(attempt: order.attempt, ask: 1, until: now, isConflict: false))
            run(.askCredit(transaction: transaction, order, ask: 1))
        case .matched(_, .asking(let order, let ask, let until, _, _)):
            if until > now { return startTimer(at: until) }
            run(.askCredit(transaction: transaction, order, ask: ask))
        }
    }

    mutating func startTimer(at time: Timestamp) { run(.startTimer(.slip(transaction: transaction), at: time)) }

    /// Begins a round of verification with the first provider.
    mutating func verify(_ input: VerificationRound.Input) throws(SlipTransitionFault) {
        let round = VerificationRound(
            number: entry.failures(of: .verification), input: input, among: live.verifiers)
        guard let round else { return try add(.review(.providerConfiguration)) }
        run(.verify(transaction: transaction, round))
    }

    /// With an account list that is fresh enough, and names one account. For everything else a new list is loaded: the
    /// account may have been added since.
    private mutating func matchAccount() throws(SlipTransitionFault) {
        guard let list = live.accounts, now < list.loadedAt.advanced(by: live.accountsLifetime),
            let receiver = entry.slip.proof?.receiver,
            case .one(let account) = AccountMatcher.match(receiver, in: list)
        else { return run(.loadAccounts) }
        try add(.matched(account))
        try proceed()
    }

    /// With the list that was just loaded, which is the last word.
    mutating func matchAccount(in list: AccountList) throws(SlipTransitionFault) {
        guard case .open(.verified(.some, let proof, nil), _) = entry.slip.phase else { return }
        switch AccountMatcher.match(proof.receiver, in: list) {
        case .one(let account):
            try add(.matched(account))
            try proceed()
        case .none: try add(.review(.noAccount))
        case .ambiguous: try add(.review(.ambiguousAccount))
        }
    }

    /// Tries the step again later; when it has failed too often, or the slip has waited too long, `otherwise` happens.
    mutating func delay(
        _ step: SlipStep, _ reason: DelayReason, atLeast: Duration = .zero,
        in delays: [Int64] = SlipRetryPolicy.delays, otherwise: SlipEvent
    ) throws(SlipTransitionFault) {
        let attempt = step == .credit ? entry.slip.progress.openOrder?.attempt ?? 1 : entry.failures(of: step) + 1
        guard let delay = SlipRetryPolicy.delay(attempt, in: delays),
            now < entry.receivedAt.advanced(by: SlipRetryPolicy.maxWaitingAge)
        else { return try add(otherwise) }
        let until = now.advanced(by: max(delay, min(atLeast, SlipRetryPolicy.maxProviderDelay)))
        try add(.delayed(Slip.Wait(step: step, attempt: attempt, reason: reason, until: until)))
        startTimer(at: until)
    }

    /// The back end does not take the administrator's session: staff see it once, the slip waits for a person.
    mutating func expireAdmin() throws(SlipTransitionFault) {
        noteExpiredAdmin()
        try add(.review(.adminExpired))
    }

    mutating func noteExpiredAdmin() {
        if case .active = account.admin { decision.events.append(.adminExpired) }
    }

    /// A quota that was used up, or is not any more.
    mutating func note(_ name: String, isExhausted: Bool) {
        let known = account.quotas[name]
        guard known?.isExhausted ?? false != isExhausted else { return }
        decision.events.append(
            .quotaChanged(
                QuotaReport(name: name, used: known?.used, limit: known?.limit, isExhausted: isExhausted)))
    }

    // MARK: Telling

    /// The tenant's own words at once, with the reply token: it costs nothing, and the loading animation ends.
    mutating func tellReceipt() {
        guard live.settings.repliesToImages, entry.slip.receipt.replyToken != nil else { return }
        begin(.receipt, by: .reply)
    }

    private mutating func tellResult() {
        if entry.slip.status == .duplicate, !live.settings.repliesToDuplicates { return }
        let hasToken = entry.slip.receipt.replyToken != nil && entry.receipt == .none
        let isInTime = now <= entry.receivedAt.advanced(by: SlipRetryPolicy.maxReplyAge)
        begin(.result, by: hasToken && isInTime ? .reply : .push)
    }

    /// Puts the mark into the log, then sends.
    mutating func begin(_ kind: NoticeKind, by way: NoticeWay) {
        let mark = NoticeMark(
            kind: kind, way: way, key: NoticeMark.key(account: account.id, transaction: transaction, kind: kind),
            markedAt: now)
        set(kind, .sending(mark))
        decision.events.append(.sending(transaction: transaction, mark))
        if let telling = entry.telling(mark, attempt: 1, isRepeat: false) { run(.tell(telling)) }
    }

    /// The notice is told, or never will be.
    mutating func end(_ state: NoticeState, of kind: NoticeKind) {
        switch state {
        case .none, .sending: return
        case .told(.reply, let isCertain):
            decision.events.append(.replied(transaction: transaction, kind, isCertain: isCertain))
        case .told(.push, _): decision.events.append(.pushed(transaction: transaction, kind))
        case .unsent(let failure): decision.events.append(.unsent(transaction: transaction, kind, failure))
        }
        set(kind, state)
    }

    private mutating func set(_ kind: NoticeKind, _ state: NoticeState) {
        switch kind {
        case .receipt: entry.receipt = state
        case .result: entry.result = state
        }
    }
}

extension LineAccount.Entry {
    /// How often the step has failed since the slip got so far.
    func failures(of step: SlipStep) -> Int {
        guard let wait = slip.wait, wait.step == step else { return 0 }
        return wait.attempt
    }

    func notice(_ kind: NoticeKind) -> NoticeState { kind == .receipt ? receipt : result }

    /// nil when there is nothing to say.
    func telling(_ mark: NoticeMark, attempt: Int, isRepeat: Bool) -> Telling? {
        let subject: Telling.Subject
        switch (mark.kind, slip.phase) {
        case (.receipt, _): subject = .imageReceived
        case (.result, .credited(let match, let proof)):
            subject = .credited(proof.amount, match.user, match.claim.reference)
        case (.result, .duplicate): subject = .duplicate
        case (.result, .failed(let failure, _)): subject = .failed(failure)
        case (.result, .open), (.result, .review): return nil
        }
        return Telling(
            transaction: slip.transaction, mark: mark, subject: subject, user: slip.receipt.user,
            replyToken: mark.way == .reply ? slip.receipt.replyToken : nil, attempt: attempt, isRepeat: isRepeat)
    }
}

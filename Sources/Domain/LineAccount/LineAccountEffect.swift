package import Primitives

/// What a LINE account wants done outside. Each runs after its events are durable, and ends in one `LineAccountOutcome`.
package enum LineAccountEffect: Sendable, Equatable {
    /// Fetch the image from LINE's content host and hold it in memory; it is never stored.
    case fetchImage(transaction: String, message: String, user: String)
    /// Look for the slip's mini-QR in the image that is held.
    case decodeQR(transaction: String)
    /// Take the reference (sending bank, transRef) for this slip, if no other slip of the tenant, of any OA, has it that is open, was
    /// credited, or was rejected by a person. A slip that failed otherwise gives way, or a guessed or early photo would burn the
    /// transfer of somebody else. The same slip may ask again.
    case claim(transaction: String, SlipClaim)
    case verify(transaction: String, VerificationRound)
    /// Load the tenant's account list and name mappings. Calls that come while one runs join it.
    case loadAccounts
    case searchUser(transaction: String, sender: SlipParty)
    /// Submit the credit. The order is in the log; its `key` is the idempotency key.
    case submitCredit(transaction: String, CreditOrder)
    /// Ask the back end what became of the order.
    case askCredit(transaction: String, CreditOrder, ask: Int)
    case tell(Telling)
    /// Report `timerFired` at `at`. The log has what is needed to set it again.
    case startTimer(LineAccountTimer, at: Timestamp)
}

/// What the timers of a LINE account are for.
package enum LineAccountTimer: Sendable, Hashable {
    /// Take the slip's next step.
    case slip(transaction: String)
    /// Send the notice again, for the `attempt`th time.
    case notice(transaction: String, NoticeKind, attempt: Int)
    /// Go on with slips that wait for the account list.
    case accounts
    /// Go on with slips that waited for the administrator.
    case release
}

/// A message to a customer. Its words are the adapter's; what it is about is here.
package struct Telling: Sendable, Equatable {
    package enum Subject: Sendable, Equatable {
        case imageReceived
        case credited(Satang, UserMatch, SlipReference)
        case duplicate
        case failed(SlipFailure)
    }
    package let transaction: String
    package let mark: NoticeMark
    package let subject: Subject
    /// LINE's user id.
    package let user: String
    package let replyToken: String?
    /// From 1, in this process.
    package let attempt: Int
    /// It may have been sent before: what LINE says of the token or the key is read accordingly.
    package let isRepeat: Bool
}

/// What the progress bar of a slip shows (volatile `slip.stage`).
package enum SlipStage: String, Sendable, CaseIterable {
    case fetching, reading, claiming, verifying, matching, searching, crediting, reconciling, telling, waiting
}

extension LineAccountEffect {
    /// The stage that a slip enters when the effect begins. `loadAccounts` is nobody's own.
    package var stage: (transaction: String, stage: SlipStage)? {
        switch self {
        case .fetchImage(let transaction, _, _): (transaction, .fetching)
        case .decodeQR(let transaction): (transaction, .reading)
        case .claim(let transaction, _): (transaction, .claiming)
        case .verify(let transaction, _): (transaction, .verifying)
        case .loadAccounts, .startTimer(.accounts, _), .startTimer(.release, _), .startTimer(.notice, _): nil
        case .searchUser(let transaction, _): (transaction, .searching)
        case .submitCredit(let transaction, _): (transaction, .crediting)
        case .askCredit(let transaction, _, _): (transaction, .reconciling)
        case .tell(let telling): telling.mark.kind == .result ? (telling.transaction, .telling) : nil
        case .startTimer(.slip(let transaction), _): (transaction, .waiting)
        }
    }
}

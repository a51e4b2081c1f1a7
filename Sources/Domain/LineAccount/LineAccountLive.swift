internal import Primitives

/// What decisions see of configuration and caches.
package struct LineAccountLive: Sendable, Equatable {
    /// Providers with their credentials, in the order in which they are asked: the tenant's own before the global ones.
    package var verifiers: [String]
    package var settings: NoticeSettings
    /// The newest account list that was loaded.
    package var accounts: AccountList?
    /// The tenant's `account_list_ttl_min`.
    package var accountsLifetime: Duration

    package init(
        verifiers: [String], settings: NoticeSettings = NoticeSettings(), accounts: AccountList? = nil,
        accountsLifetime: Duration = .seconds(300)
    ) {
        self.verifiers = verifiers
        self.settings = settings
        self.accounts = accounts
        self.accountsLifetime = accountsLifetime
    }
}

/// Which messages the tenant wants sent (`message_settings`).
package struct NoticeSettings: Sendable, Equatable {
    package var repliesToImages: Bool
    package var repliesToDuplicates: Bool

    package init(repliesToImages: Bool = true, repliesToDuplicates: Bool = true) {
        self.repliesToImages = repliesToImages
        self.repliesToDuplicates = repliesToDuplicates
    }
}

/// How often, and when, what failed is tried again. Durable: times stand in the log.
package enum SlipRetryPolicy {
    /// Seconds after each failure of a step; a step fails once more than there are numbers, then it is over.
    package static let delays: [Int64] = [30, 120, 300]
    /// A transfer that was sent in longer ago is not waited for: banks have published it, or will not.
    package static let maxFreshAge = Duration.seconds(900)
    /// A slip that came longer ago does not wait any more: what fails for now goes to a person.
    package static let maxWaitingAge = Duration.seconds(3_600)
    /// A provider may ask for a longer wait, up to this.
    package static let maxProviderDelay = Duration.seconds(900)
    /// Seconds until an image that LINE still prepares is asked for again: LINE takes seconds, not minutes.
    package static let imageDelays: [Int64] = [1, 2, 4, 8, 30]
    /// What became of an order is asked no sooner than so long after it was sent: by then the back end has taken it or never
    /// will (its calls are given up after 10 s). Before that, "it is not there" could be the answer of a moment.
    package static let creditSettleTime = Duration.seconds(30)
    /// Seconds between questions.
    package static let askDelays: [Int64] = [5, 30, 120, 300, 600]
    /// Answers that there is no credit before the order is submitted again, and the time between two. The
    /// key makes a repetition harmless where back ends heed it; this is for those that do not, and take their time.
    package static let absences = 2
    package static let absenceDelay = Duration.seconds(60)
    /// A transfer that is older, or later than clocks differ, when its slip is sent goes to a person.
    package static let maxTransferAge = Duration.seconds(7 * 86_400)
    package static let maxTransferLead = Duration.seconds(600)
    /// Submissions of one slip before a person is asked; every one after the first was preceded by an answer that there is no
    /// credit.
    package static let maxSubmissions = 3
    /// A reply token lives a minute; this is kept for the call.
    package static let maxReplyAge = Duration.seconds(50)
    /// A retry key lives 24 hours; this is kept for clocks.
    package static let maxPushAge = Duration.seconds(82_800)
    /// Between attempts to push: doubled from a second up to this.
    package static let maxPushDelay = Duration.seconds(60)

    static func delay(_ attempt: Int, in delays: [Int64]) -> Duration? {
        delays.indices.contains(attempt - 1) ? .seconds(delays[attempt - 1]) : nil
    }

    static func pushDelay(_ attempt: Int) -> Duration {
        min(.seconds(1 << min(max(attempt - 1, 0), 6)), maxPushDelay)
    }
}

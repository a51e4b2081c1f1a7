/// Why a slip will never be credited.
package enum SlipFailure: String, Sendable, CaseIterable {
    /// No slip's QR could be read, neither by us nor by the provider.
    case unreadable
    /// The image is no slip, or its QR is that of something else.
    case notASlip = "not-a-slip"
    /// The image could not be had from LINE any more, or was larger than the limit.
    case imageUnavailable = "image-unavailable"
    /// The bank knows no such transfer, and has had the time to.
    case notFound = "not-found"
    /// The bank does not say any more.
    case expired
    /// Its user has so many slips on their way that this one is not begun; it was told so, and may be sent again.
    case tooMany = "too-many"
    /// A person rejected it.
    case rejected
}

/// Why a person has to decide.
package enum ReviewReason: String, Sendable, CaseIterable {
    /// It came so late that nobody remembers whether it had come before.
    case lateDelivery = "late-delivery"
    /// No provider could be reached.
    case providersUnavailable = "providers-unavailable"
    case providerQuota = "provider-quota"
    /// Providers refuse our credentials.
    case providerConfiguration = "provider-configuration"
    /// The bank has not published the transfer in the time that we wait.
    case bankDelayed = "bank-delayed"
    /// The provider's answer does not fit the QR, or has no reference.
    case referenceMismatch = "reference-mismatch"
    /// The provider gave an answer that we do not understand, or an amount of nothing.
    case unclearAnswer = "unclear-answer"
    /// The transfer is long past, or yet to come: nobody may have been waiting for it.
    case transferTime = "transfer-time"
    /// Whether the reference was used before could not be found out.
    case claimUnavailable = "claim-unavailable"
    case noAccount = "no-account"
    case ambiguousAccount = "ambiguous-account"
    case noUser = "no-user"
    case ambiguousUser = "ambiguous-user"
    case backEndUnavailable = "back-end-unavailable"
    /// The back end does not take our session: an administrator has to log in.
    case adminExpired = "admin-expired"
    /// The back end said no.
    case creditRefused = "credit-refused"
    /// The back end says, again and again, that the credit is not there.
    case creditAbsent = "credit-absent"
    /// Whether it was credited is not known.
    case creditUnknown = "credit-unknown"
    /// The back end has a credit under our key, and another amount. So the order stays open: a retry asks again, it does not submit.
    case creditDiffers = "credit-differs"
}

/// What a slip waits for that is to be tried again.
package enum SlipStep: String, Sendable, CaseIterable {
    case image, claim, verification, account, user, credit
}

/// Why a step is tried again later.
package enum DelayReason: String, Sendable, CaseIterable {
    /// LINE still prepares the image.
    case contentPending = "content-pending"
    /// The bank publishes later.
    case slipPending = "slip-pending"
    /// The bank knows nothing of it yet.
    case slipNotFound = "slip-not-found"
    /// Somebody does not answer, or fails.
    case unavailable
}

/// What a person makes of a slip in review.
package enum SlipDecision: String, Sendable, CaseIterable {
    /// Credit it, to the account and user that were found or that the person names.
    case credit
    /// It was credited: the person has seen it in the back end.
    case credited
    case duplicate
    case reject
}

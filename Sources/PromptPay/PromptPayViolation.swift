/// Why a QR code's text is not one that PromptPay pays.
package enum PromptPayViolation: String, Error, Equatable, Sendable, CaseIterable {
    case tooLong
    /// No fields of tag, length and value.
    case malformed
    case fieldRepeated
    case checksumMissing, checksumWrong
    /// The small code of a transfer slip: somebody has paid already.
    case slip
    /// Sound fields of something else, such as another country's.
    case notPromptPay
    /// More than one proxy, or a proxy and a biller.
    case severalTargets
    /// A proxy or biller that cannot be: no digits, a wrong check digit, a bank account.
    case targetUnfit
    case otherCountry, otherCurrency
    /// No decimal, zero, or longer than `PromptPayPayload.maxAmountBytes`.
    case amountUnfit
}

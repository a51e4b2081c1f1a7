internal import HTTPClient

/// Bounds of what gateways send and answer.
package struct GatewayLimits: Sendable {
    /// Of a webhook; the largest documented have some four KiB.
    package var maxBodyBytes = 256 * 1024
    /// Of an answer.
    package var maxAnswerBytes = 256 * 1024
    /// Ids of events, charges, refunds and payments; some thirty are usual.
    package var maxIdentifierBytes = 128
    /// Codes and types of events.
    package var maxCodeBytes = 64
    /// What was paid with.
    package var maxMethodBytes = 32
    /// The address of a page to pay on.
    package var maxURLBytes = 2_048
    /// A payment token of 2C2P; some 120 are usual.
    package var maxTokenBytes = 1_024
    /// All signature fields of one webhook together.
    package var maxSignatureBytes = 1_024
    /// Signatures of one webhook: two while a secret is changed.
    package var maxSignatures = 8
    /// Payments of one checkout session: one, and those that failed before.
    package var maxPayments = 50
    /// Refunds of one payment.
    package var maxRefunds = 100
    /// How long ago, or how far ahead, a webhook may have been signed.
    package var signatureTolerance = Duration.seconds(300)
    /// Of one call.
    package var totalTimeout = Duration.seconds(20)

    package init() {}

    var timeouts: HTTPTimeouts { HTTPTimeouts(firstByte: totalTimeout, total: totalTimeout) }
}

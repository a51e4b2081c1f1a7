internal import HTTPClient

/// Bounds of the calls to a tenant's back end.
package struct BackEndLimits: Sendable {
    /// Of one answer; the account list is the longest.
    package var maxAnswerBytes = 1024 * 1024
    package var maxAccounts = 500
    /// Candidates of one search.
    package var maxUsers = 100
    /// An id, in UTF-8: ids go into the log.
    package var maxIDBytes = 128
    /// A name, a number, a message.
    package var maxTextBytes = 512
    /// A session's token, which is sent as a header field.
    package var maxTokenBytes = 8 * 1024
    package var connectTimeout = Duration.seconds(3)
    /// Of one call. What became of a credit is asked later than this after it was sent (`SlipRetryPolicy.creditSettleTime`).
    package var totalTimeout = Duration.seconds(10)

    package init() {}

    var timeouts: HTTPTimeouts {
        HTTPTimeouts(connect: connectTimeout, firstByte: totalTimeout, idle: totalTimeout, total: totalTimeout)
    }
}

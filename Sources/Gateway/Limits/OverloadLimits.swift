internal import Primitives

/// When the server counts as overloaded, and what it then tells those it sends away (docs/LIMITS.md).
package struct OverloadLimits: Sendable {
    /// Who is sent away is told a random wait between these.
    package var minRetry = Duration.seconds(5)
    package var maxRetry = Duration.seconds(30)

    package init() {}
}

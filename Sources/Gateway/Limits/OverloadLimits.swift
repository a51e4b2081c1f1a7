internal import Primitives

/// When the server counts as overloaded, and what it then tells those it sends away (docs/LIMITS.md).
package struct OverloadLimits: Sendable {
    /// How often a loop's lag is measured.
    package var sampleInterval = Duration.milliseconds(100)
    /// New work is refused when the smoothed lag is above the one, until it is below the other.
    package var maxLag = Duration.milliseconds(200)
    package var minLag = Duration.milliseconds(50)
    /// A sample counts as no more than this, and moves the smoothed lag by one part in so many.
    package var maxLagSample = Duration.milliseconds(600)
    package var lagSmoothing = 8
    /// Unwritten journal entries of a loop: new commands are refused above the one, until they are at the other.
    package var maxBacklog = 1_024
    package var minBacklog = 256
    /// Who is sent away is told a random wait between these.
    package var minRetry = Duration.seconds(5)
    package var maxRetry = Duration.seconds(30)
    /// The same for a command on a socket that stays open.
    package var minCommandRetry = Duration.milliseconds(500)
    package var maxCommandRetry = Duration.seconds(2)

    package init() {}
}

/// Bounds of one fetch, all its redirects together.
package struct PublicFileLimits: Sendable {
    /// The largest slip image that providers take.
    package var maxBytes = 4 * 1024 * 1024
    package var maxURLBytes = 2048
    /// A short link leads on once or twice.
    package var maxRedirects = 3
    /// From the call to the answer.
    package var totalTimeout = Duration.seconds(15)

    package init() {}
}

/// Fetches what somebody else's address on the public internet offers, and nothing that only this machine or its networks can
/// reach. One instance a loop; confined to it.
package protocol PublicFileSource: AnyObject, Sendable {
    /// Answers once, on the loop and in a later turn.
    func fetch(_ url: String, _ completion: @escaping @Sendable (PublicFileAnswer) -> Void)
}

package enum PublicFileAnswer: Sendable, Equatable {
    case file([UInt8])
    /// No absolute http or https URL without user and password, or too long a one.
    case notAURL
    /// It leads, maybe by a redirect, to an address that is not the public internet's.
    case notPublic
    case tooLarge
    /// Nobody there, too slow, too many redirects, or another answer than 200.
    case unavailable
}

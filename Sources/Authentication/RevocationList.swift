package import Primitives
package import WireProtocol

/// The tokens that are refused although they are genuine and not expired.
///
/// An entry lives as long as its token could be accepted. The list is bounded and never drops a living entry, for that
/// would make a revoked token valid again: when it is full, `revoke` says so. One owner; what survives a restart is kept
/// elsewhere and loaded through `revoke`.
package struct RevocationList: Sendable {
    package struct Configuration: Sendable {
        /// Revoked tokens in all, some 150 bytes each. Beyond it `revoke` throws 2002.
        package var maxEntries = 200_000

        package init() {}
    }

    private let configuration: Configuration
    private var entries: [TokenIdentifier: Timestamp] = [:]
    /// No entry is over before this, so that a full list is not searched again and again.
    private var earliestEnd = Timestamp(microseconds: .max)

    package init(configuration: Configuration = Configuration()) { self.configuration = configuration }

    package var count: Int { entries.count }

    /// Refuses the token from now on. `expires` is its `exp`; the entry stays for the largest skew beyond it. Revoking
    /// again changes nothing but, if later, the end. Fault 2002 when the list is full of living entries.
    /// - Returns: whether the token was accepted until now.
    @discardableResult
    package mutating func revoke(
        _ token: TokenIdentifier, expires: Timestamp, at now: Timestamp
    ) throws(Fault) -> Bool {
        let end = expires.advanced(by: JWTVerifier.maxSkew)
        guard end > now else { return false }
        if let known = entries[token] {
            entries[token] = max(known, end)
            return false
        }
        if entries.count >= configuration.maxEntries { prune(at: now) }
        guard entries.count < configuration.maxEntries else { throw Fault(.overloaded) }
        entries[token] = end
        earliestEnd = min(earliestEnd, end)
        return true
    }

    package func isRevoked(_ token: TokenIdentifier) -> Bool { entries[token] != nil }

    /// Forgets the tokens that nobody would accept any more. Linear when at least one is over, else nothing.
    package mutating func prune(at now: Timestamp) {
        guard earliestEnd <= now else { return }
        entries = entries.filter { $0.value > now }
        earliestEnd = entries.values.min() ?? Timestamp(microseconds: .max)
    }
}

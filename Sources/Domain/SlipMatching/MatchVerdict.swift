/// What a comparison of a slip with the tenant's records comes to. Only `one` is acted upon: a wrong match is worse than a
/// person who looks.
package enum MatchVerdict<Match: Sendable & Equatable>: Sendable, Equatable {
    case one(Match)
    case none
    /// More than one could be meant, or one could be and it is not certain.
    case ambiguous
}

/// Which web pages may connect: an exact list of origins (scheme, host and port), nothing by pattern or suffix.
///
/// Browsers do not hold WebSocket to the same-origin policy, so a cookie would be sent for any page; this is the only
/// thing that stops it.
package struct OriginPolicy: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// No `Origin` header: not a browser, or a plain request from a page of our own.
        case absent
        case allowed
        /// A page of another origin, or a header that names none.
        case refused
    }

    private let allowed: Set<Origin>

    package init(allowing origins: [Origin]) { allowed = Set(origins) }

    /// Judges all values of the request's `Origin` headers. More than one is refused, even of equal ones.
    package func verdict(on values: [String]) -> Verdict {
        guard let value = values.first else { return .absent }
        guard values.count == 1, let origin = Origin(value), allowed.contains(origin) else { return .refused }
        return .allowed
    }
}

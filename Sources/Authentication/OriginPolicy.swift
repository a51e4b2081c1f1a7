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

    /// The server's own pages, which speak for any tenant.
    private let own: Set<Origin>
    private let tenants: [String: Set<Origin>]
    private let union: Set<Origin>

    /// `origins`: good for every tenant; `tenants`: each for its own only.
    package init(allowing origins: [Origin], tenants: [String: [Origin]] = [:]) {
        own = Set(origins)
        self.tenants = tenants.mapValues { Set($0) }
        union = tenants.values.reduce(into: Set(origins)) { $0.formUnion($1) }
    }

    /// Judges all values of the request's `Origin` headers; more than one is refused, even of equal ones. Without a
    /// `tenant`, by the lists of all: whose the request is may not be known yet. A page of one tenant is a stranger to the
    /// others, and to a tenant that is not known.
    package func verdict(on values: [String], tenant: String? = nil) -> Verdict {
        guard let value = values.first else { return .absent }
        guard values.count == 1, let origin = Origin(value) else { return .refused }
        let isAllowed =
            if let tenant { own.contains(origin) || tenants[tenant]?.contains(origin) == true } else {
                union.contains(origin)
            }
        return isAllowed ? .allowed : .refused
    }
}

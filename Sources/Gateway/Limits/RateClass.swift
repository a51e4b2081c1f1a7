internal import HTTP1
internal import Primitives

/// What a route costs: requests of one class and one client address share a bucket.
enum RateClass: UInt8, CaseIterable, Hashable, Sendable {
    case general, authentication, search, handshake
    /// Webhooks whose signature was wrong; those that are signed are not counted.
    case badSignature

    func limit(_ limits: ClientLimits) -> RateLimit {
        let count =
            switch self {
            case .general: limits.generalPerMinute
            case .authentication: limits.authenticationPerMinute
            case .search: limits.searchPerMinute
            case .handshake: limits.handshakesPerMinute
            case .badSignature: limits.badSignaturesPerMinute
            }
        return RateLimit(count, per: .seconds(60))
    }
}

/// How a row of the route table is limited.
enum RateRule: Sendable {
    /// Probes, scrapers, and callers that sign what they send (webhooks): answered whatever their rate, and under overload.
    case unlimited
    case general
    case authentication
    case handshake
    /// A list that is a search when it is asked with one of these query parameters.
    case list(searchedBy: [String])
    /// What pages and a provider's webhook both call: who shows a secret in this field is not counted; a wrong one is.
    case callback(shows: String)

    var isRefusedUnderLoad: Bool {
        switch self {
        case .unlimited: false
        case .general, .authentication, .handshake, .list, .callback: true
        }
    }

    /// Nil: not limited.
    func rateClass(of request: HTTPRequest) -> RateClass? {
        switch self {
        case .unlimited: nil
        case .general: .general
        case .authentication: .authentication
        case .handshake: .handshake
        case .list(let parameters):
            parameters.contains { !(request.query[$0] ?? "").isEmpty } ? .search : .general
        case .callback(let field): request.headers.all(field).isEmpty ? .general : nil
        }
    }
}

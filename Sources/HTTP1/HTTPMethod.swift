/// A request method (RFC 9110 §9). Case-sensitive: `get` is not GET but an unknown method.
package enum HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    case get, head, post, put, patch, delete, options
    /// Any other token, as it was sent; routing answers it with 405 or 501.
    case other(String)

    /// The method of that name; nil unless it is a token (RFC 9110 §5.6.2).
    package init?(_ token: String) {
        guard !token.isEmpty, token.utf8.allSatisfy(Octet.isToken) else { return nil }
        self.init(validToken: token)
    }

    init(validToken token: String) {
        switch token {
        case "GET": self = .get
        case "HEAD": self = .head
        case "POST": self = .post
        case "PUT": self = .put
        case "PATCH": self = .patch
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        default: self = .other(token)
        }
    }

    /// As it stands on the wire.
    package var token: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let token): token
        }
    }

    package var description: String { token }

    /// Whether a request of this method usually carries content, so that a missing body is said as `Content-Length: 0`
    /// (RFC 9110 §8.6).
    var anticipatesContent: Bool {
        switch self {
        case .post, .put, .patch: true
        case .get, .head, .delete, .options, .other: false
        }
    }
}

package import Primitives
package import WireProtocol

/// Where in a request a token may stand: `Authorization: Bearer`, the WebSocket sub-protocol `sala.bearer.<jwt>`, or the
/// cookie `accessToken`. Never the address, which ends up in logs.
package struct TokenExtraction: Sendable {
    package enum Place: Equatable, Sendable {
        case authorization
        case subprotocol
        /// The browser adds cookies by itself, so the page's origin had to be an allowed one.
        case cookie
    }

    /// The values of the headers that matter, one item a header line, as they came.
    package struct Request: Sendable {
        package var authorization: [String]
        package var cookie: [String]
        package var webSocketProtocol: [String]
        package var origin: OriginPolicy.Verdict

        package init(
            authorization: [String] = [], cookie: [String] = [], webSocketProtocol: [String] = [],
            origin: OriginPolicy.Verdict = .absent
        ) {
            self.authorization = authorization
            self.cookie = cookie
            self.webSocketProtocol = webSocketProtocol
            self.origin = origin
        }
    }

    package let token: Secret
    package let place: Place

    package static let cookieName = "accessToken"
    package static let subprotocolPrefix = "sala.bearer."

    /// The one token of the request; nil when it has none. Fault 2100 when it is given in a way that leaves a doubt
    /// (two of them, another scheme, an empty one), 2105 when it is a cookie and the origin is not an allowed one.
    ///
    /// What the client says on purpose counts before the cookie that a browser sends by itself; in both explicit places
    /// at once is a doubt (RFC 6750 §2).
    package static func extract(from request: Request) throws(Fault) -> TokenExtraction? {
        let bearer = try bearerToken(request.authorization)
        let subprotocol = try subprotocolToken(request.webSocketProtocol)
        switch (bearer, subprotocol) {
        case (_?, _?): throw ambiguous
        case (let token?, nil): return try accept(token, .authorization)
        case (nil, let token?): return try accept(token, .subprotocol)
        case (nil, nil): break
        }
        guard let token = try cookieToken(request.cookie) else { return nil }
        guard request.origin == .allowed else { throw Fault(.originRefused) }
        return try accept(token, .cookie)
    }

    private static let ambiguous = Fault(.unauthenticated, "Exactly one token is required, in one place.")

    /// A token is base64url and dots; anything else cannot be one and is not carried further.
    private static func accept(_ token: some StringProtocol, _ place: Place) throws(Fault) -> TokenExtraction {
        let isToken = token.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        guard isToken, !token.isEmpty else { throw Fault(.unauthenticated, "The token is not acceptable.") }
        return TokenExtraction(token: Secret(String(token)), place: place)
    }

    /// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1), then exactly the token.
    private static func bearerToken(_ values: [String]) throws(Fault) -> Substring? {
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw ambiguous }
        let scheme = value.utf8.prefix(7)
        guard scheme.map({ (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }).elementsEqual("bearer ".utf8) else {
            throw Fault(.unauthenticated, "Only the Bearer scheme is accepted.")
        }
        return value[scheme.endIndex...]
    }

    private static func subprotocolToken(_ values: [String]) throws(Fault) -> Substring? {
        var found: Substring?
        for item in values.lazy.flatMap({ $0.utf8.split(separator: 0x2C) }) {
            let name = trimmed(Substring(item))
            guard name.utf8.starts(with: subprotocolPrefix.utf8) else { continue }
            guard found == nil else { throw ambiguous }
            found = Substring(name.utf8.dropFirst(subprotocolPrefix.utf8.count))
        }
        return found
    }

    /// RFC 6265 §5.4. Two cookies of the name are a doubt: the other may have been planted by a neighbouring host.
    private static func cookieToken(_ values: [String]) throws(Fault) -> Substring? {
        var found: Substring?
        for item in values.lazy.flatMap({ $0.utf8.split(separator: 0x3B) }) {
            let pair = trimmed(Substring(item))
            guard let equals = pair.utf8.firstIndex(of: 0x3D), trimmed(pair[..<equals]) == cookieName else { continue }
            guard found == nil else { throw ambiguous }
            found = trimmed(pair[pair.utf8.index(after: equals)...])
        }
        return found
    }

    /// Without spaces and tabs at both ends (RFC 9110 §5.6.3).
    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        guard let start = text.utf8.firstIndex(where: { !isSpace($0) }),
            let last = text.utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return text[start...last]
    }
}

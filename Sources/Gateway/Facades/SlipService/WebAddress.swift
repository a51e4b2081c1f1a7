/// An absolute URL of the web, as far as its form tells: scheme, host and port, without user and password.
struct WebAddress: Sendable, Equatable {
    enum Scheme: String, Sendable { case http, https }

    let scheme: Scheme
    /// In lower case; an IPv6 address in its brackets.
    let host: String
    let hasQuery: Bool

    /// Nil when it is none, or longer than `SlipServiceLimits.maxURLBytes`. White space, quotes, backslashes and what is not
    /// ASCII stand in no URL (RFC 3986 §2).
    init?(_ text: String) {
        guard text.utf8.count <= SlipServiceLimits.maxURLBytes, text.utf8.allSatisfy(Self.isCharacter),
            let end = text.firstRange(of: "://"), let scheme = Scheme(rawValue: text[..<end.lowerBound].lowercased())
        else { return nil }
        let rest = text[end.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest[authority.endIndex...]
        guard !authority.contains("@"), let host = Self.host(authority) else { return nil }
        self.scheme = scheme
        self.host = host
        hasQuery = path.contains("?") || path.contains("#")
    }

    /// This machine, by name or number.
    var isLoopback: Bool { ["127.0.0.1", "localhost", "[::1]"].contains(host) }

    private static func host(_ authority: Substring) -> String? {
        var host = authority
        var port: Substring?
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[...close]
            let rest = authority[authority.index(after: close)...]
            if !rest.isEmpty {
                guard rest.first == ":" else { return nil }
                port = rest.dropFirst()
            }
            guard host.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                return nil
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        if let port {
            guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
        }
        guard !host.isEmpty, host.first == "[" || host.utf8.allSatisfy(isHostCharacter) else { return nil }
        return host.lowercased()
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: true
        default: false
        }
    }

    private static func isCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B...0x7D: false
        default: (0x21...0x7E).contains(byte)
        }
    }
}

/// Where a web page came from: scheme, host and port (RFC 6454 §4), in the one form in which they can be compared.
package struct Origin: Hashable, Sendable {
    package let scheme: String
    package let host: String
    package let port: UInt16

    /// The longest host name is 253 bytes; scheme, brackets and port fit beside it.
    package static let maxBytes = 300

    /// Reads the value of an `Origin` header (RFC 6454 §7): `http://host` or `https://host`, maybe with a port, in any
    /// case, and nothing else. Nil for `null`, for lists, and for anything with user, path, query, space or a port that
    /// is not plainly written; a look-alike of an allowed origin is another origin or none.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes else { return nil }
        let bytes = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let authority: ArraySlice<UInt8>
        if bytes.starts(with: "https://".utf8) {
            (scheme, authority) = ("https", bytes.dropFirst(8))
        } else if bytes.starts(with: "http://".utf8) {
            (scheme, authority) = ("http", bytes.dropFirst(7))
        } else {
            return nil
        }
        guard let end = Self.hostEnd(authority) else { return nil }
        host = String(decoding: authority[..<end], as: UTF8.self)
        if end == authority.endIndex {
            port = scheme == "https" ? 443 : 80
        } else {
            guard authority[end] == 0x3A, let port = Self.port(authority[(end + 1)...]) else { return nil }
            self.port = port
        }
    }

    /// Where the host ends: a name or IPv4 address of letters, digits, `-`, `_` and `.`, or `[` IPv6 `]`. Nil when it
    /// is empty or not closed.
    private static func hostEnd(_ authority: ArraySlice<UInt8>) -> Int? {
        if authority.first == 0x5B {
            guard let close = authority.firstIndex(of: 0x5D), close - authority.startIndex > 2,
                authority[(authority.startIndex + 1)..<close].allSatisfy(isIPv6Byte)
            else { return nil }
            return close + 1
        }
        let end = authority.firstIndex { !isNameByte($0) } ?? authority.endIndex
        return end > authority.startIndex ? end : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    private static func isIPv6Byte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x66, 0x30...0x39, 0x3A, 0x2E: true
        default: false
        }
    }

    /// 1–65535 in plain digits, without leading zeros.
    private static func port(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard let first = digits.first, first != 0x30, digits.count <= 5,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self))
    }
}

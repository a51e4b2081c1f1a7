/// The version of a message. Nothing but 1.0 and 1.1 is spoken here; any other is refused with 505.
package enum HTTPVersion: String, Sendable, Equatable {
    case http10 = "HTTP/1.0"
    case http11 = "HTTP/1.1"

    /// `HTTP-version` of RFC 9112 §2.3: case-sensitive, one digit on each side of the dot. A minor version above 1 is
    /// refused too: none was ever defined, and a peer that invents one may frame messages in ways of its own.
    static func parse(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) -> HTTPVersion {
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8) else { throw .malformedVersion }
        let major = bytes[bytes.startIndex + 5]
        let minor = bytes[bytes.startIndex + 7]
        guard Octet.isDigit(major), bytes[bytes.startIndex + 6] == Octet.dot, Octet.isDigit(minor) else {
            throw .malformedVersion
        }
        switch (major, minor) {
        case (0x31, 0x31): return .http11
        case (0x31, 0x30): return .http10
        default: throw .versionUnsupported
        }
    }
}

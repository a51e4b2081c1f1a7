/// A right to one session beyond what the role gives, written `kind/id:read` or `kind/id:write` in a token.
package struct Grant: Hashable, Sendable {
    package enum Access: String, Sendable {
        case read
        /// Includes reading.
        case write
    }

    package let kind: String
    package let id: String
    package let access: Access

    /// The longest kind; all kinds that exist are shorter.
    package static let maxKindBytes = 32
    /// The longest id of a session that a client may choose.
    package static let maxIDBytes = 64

    /// Reads exactly `kind/id:read|write`: the kind in `a–z` and `-`, the id in `A–Z a–z 0–9 . _ ~ : @ -`, no wildcard.
    /// Nil for anything else. An id may hold a colon; the last one ends it.
    package init?(_ text: String) {
        guard let slash = text.utf8.firstIndex(of: 0x2F), let colon = text.utf8.lastIndex(of: 0x3A), slash < colon,
            let access = Access(rawValue: String(text[text.utf8.index(after: colon)...]))
        else { return nil }
        let kind = text[..<slash]
        let id = text[text.utf8.index(after: slash)..<colon]
        guard (1...Self.maxKindBytes).contains(kind.utf8.count), kind.utf8.allSatisfy(Self.isKindByte),
            (1...Self.maxIDBytes).contains(id.utf8.count), id.utf8.allSatisfy(Self.isIDByte)
        else { return nil }
        self.kind = String(kind)
        self.id = String(id)
        self.access = access
    }

    /// Whether this grant gives `access` to the session `kind/id`.
    package func allows(_ access: Access, kind: String, id: String) -> Bool {
        kind == self.kind && id == self.id && (access == .read || self.access == .write)
    }

    /// As it stands in a token.
    package var text: String { "\(kind)/\(id):\(access.rawValue)" }

    private static func isKindByte(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte == 0x2D }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x7E, 0x3A, 0x40, 0x2D: true
        default: false
        }
    }
}

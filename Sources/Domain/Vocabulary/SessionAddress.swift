/// What a session is about; one actor a value of `SessionAddress`.
package enum SessionKind: String, Sendable, CaseIterable {
    case conversation
    case lineAccount = "line-oa"
    case order
    case payment
}

/// Names one session: `kind/id` inside a tenant. At most one live actor in the whole cluster answers to it.
package struct SessionAddress: Hashable, Sendable {
    package let tenant: String
    package let kind: SessionKind
    package let id: String

    /// Ids that clients choose: 1–64 characters of `A–Z a–z 0–9 . _ ~ : @ -`, so that they stand in a path unescaped.
    package static let maxIDBytes = 64

    package init(tenant: String, kind: SessionKind, id: String) {
        self.tenant = tenant
        self.kind = kind
        self.id = id
    }

    /// Reads `kind/id`; nil when the kind is unknown or the id is not one that clients may choose.
    package init?(tenant: String, path: String) {
        guard let slash = path.firstIndex(of: "/"), let kind = SessionKind(rawValue: String(path[..<slash])) else {
            return nil
        }
        let id = String(path[path.index(after: slash)...])
        guard Self.isValid(id: id) else { return nil }
        self.init(tenant: tenant, kind: kind, id: id)
    }

    package static func isValid(id: String) -> Bool {
        (1...maxIDBytes).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x7E, 0x3A, 0x40, 0x2D: true
                default: false
                }
            }
    }

    /// `kind/id`, as it stands in frames and routes.
    package var path: String { kind.rawValue + "/" + id }

    /// Whether `path` is this one's, without making it.
    package func isAt(_ path: String) -> Bool {
        let (path, kind, id) = (path.utf8, kind.rawValue.utf8, id.utf8)
        guard path.count == kind.count + 1 + id.count, path.starts(with: kind) else { return false }
        let rest = path.dropFirst(kind.count)
        return rest.first == 0x2F && rest.dropFirst().elementsEqual(id)
    }

    /// FNV-1a of the whole address: the same in every process and release, unlike `hashValue`. It places a session on
    /// its home loop and in its lease slot.
    package var stableHash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in [tenant, kind.rawValue, id] {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0x1F) &* 0x100_0000_01B3
        }
        // FNV's low bits are weak in short inputs; one round of mixing spreads them (splitmix64's finalizer).
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        return hash ^ hash >> 27
    }
}

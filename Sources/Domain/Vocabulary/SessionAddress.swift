/// What a session is about; one actor a value of `SessionAddress`.
package enum SessionKind: String, Sendable, CaseIterable {
    case conversation
    case lineAccount = "line-oa"
    case order
    case payment
    case feed
    /// Of one person: the id is the subject's (`Inbox.id(of:)`).
    case inbox
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
        var hash = StableHash()
        hash.combine(tenant.utf8)
        hash.combine(kind.rawValue.utf8)
        hash.combine(id.utf8)
        return hash.value
    }

    /// The `stableHash` of the address with this tenant and path, if there is one; nil when the path has no slash. Takes no
    /// memory; the path is not checked.
    package static func stableHash(tenant: String, path: UnsafeRawBufferPointer) -> UInt64? {
        guard let slash = path.firstIndex(of: 0x2F) else { return nil }
        var hash = StableHash()
        hash.combine(tenant.utf8)
        hash.combine(path[..<slash])
        hash.combine(path[(slash + 1)...])
        return hash.value
    }

    /// Whether this is the address with that tenant and path.
    package func matches(tenant: String, path: UnsafeRawBufferPointer) -> Bool {
        let kind = kind.rawValue.utf8
        guard path.count == kind.count + 1 + id.utf8.count, tenant == self.tenant, path[kind.count] == 0x2F else {
            return false
        }
        return kind.elementsEqual(path[..<kind.count]) && id.utf8.elementsEqual(path[(kind.count + 1)...])
    }
}

/// FNV-1a of texts, each with its end.
private struct StableHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    @inline(__always)
    mutating func combine(_ text: some Sequence<UInt8>) {
        for byte in text { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        state = (state ^ 0x1F) &* 0x100_0000_01B3
    }

    /// FNV's low bits are weak in short inputs; one round of mixing spreads them (splitmix64's finalizer).
    var value: UInt64 {
        let hash = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        return hash ^ hash >> 27
    }
}

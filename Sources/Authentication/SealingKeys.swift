package import Primitives

/// The keys under which secrets are sealed in the database. The first one seals, all of them open: a new key is put in front, and
/// the old one is taken away when nothing is sealed under it any more.
///
/// Each has an id, which stands in clear in front of what it seals.
package struct SealingKeys: Sendable {
    struct Key: Sendable {
        let id: String
        let cipher: AES256GCM
    }

    /// One is in use and one on its way out; more only help after a rotation that was not finished.
    package static let maxKeys = 16
    package static let maxIDBytes = 16

    let newest: Key
    private let all: [Key]

    /// Reads `id:key,id:key…`, the newest first. A key is base64 of 32 random bytes (RFC 4648 §4, with padding), an id 1 to
    /// `maxIDBytes` of `A–Z a–z 0–9 _ -`. No spaces.
    package init(_ text: Secret) throws(SealingKeysFailure) {
        if text.isEmpty { throw .empty }
        let entries = text.reveal().utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard entries.count <= Self.maxKeys else { throw .tooMany(entries.count) }
        var keys: [Key] = []
        var material: [[UInt8]] = []
        for (index, entry) in entries.enumerated() {
            let (id, key) = try Self.read(entry, number: index + 1)
            if keys.contains(where: { $0.id == id }) { throw .duplicateID(id) }
            if let same = material.firstIndex(of: key) { throw .sameKey(keys[same].id, id) }
            keys.append(Key(id: id, cipher: AES256GCM(key: key)))
            material.append(key)
        }
        guard let first = keys.first else { throw .empty }
        newest = first
        all = keys
    }

    /// Their ids, the newest first.
    package var ids: [String] { all.map(\.id) }

    func key(_ id: [UInt8]) -> Key? { all.first { Array($0.id.utf8) == id } }

    private static func read(
        _ entry: Substring.UTF8View, number: Int
    ) throws(SealingKeysFailure) -> (id: String, key: [UInt8]) {
        guard let colon = entry.firstIndex(of: UInt8(ascii: ":")) else { throw .noID(entry: number) }
        let name = entry[..<colon]
        guard (1...maxIDBytes).contains(name.count), name.allSatisfy(isIDByte) else { throw .badID(entry: number) }
        let id = String(decoding: name, as: UTF8.self)
        guard let key = Base64.decode(entry[entry.index(after: colon)...]) else { throw .notBase64(id) }
        guard key.count == AES256GCM.keyByteCount else { throw .wrongLength(id, bytes: key.count) }
        return (id, key)
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// What is wrong with a list of sealing keys. Ids are named; what could be a key never is.
package enum SealingKeysFailure: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    case tooMany(Int)
    /// The entry with this number, from 1, has no colon.
    case noID(entry: Int)
    case badID(entry: Int)
    case notBase64(String)
    case wrongLength(String, bytes: Int)
    case duplicateID(String)
    /// Two ids of one key: a rotation that changed nothing.
    case sameKey(String, String)

    package var description: String {
        switch self {
        case .empty: "there is no key: write id:base64 of 32 random bytes"
        case .tooMany(let count): "\(count) keys are more than \(SealingKeys.maxKeys)"
        case .noID(let entry): "entry \(entry) is not id:key"
        case .badID(let entry):
            "the id of entry \(entry) is not 1 to \(SealingKeys.maxIDBytes) of the characters A–Z a–z 0–9 _ -"
        case .notBase64(let id): "the key \(id) is not base64 with padding"
        case .wrongLength(let id, let bytes): "the key \(id) has \(bytes) bytes, not \(AES256GCM.keyByteCount)"
        case .duplicateID(let id): "the id \(id) stands there twice"
        case .sameKey(let first, let second): "\(first) and \(second) are the same key"
        }
    }
}

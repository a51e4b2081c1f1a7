package import Primitives

/// Seals secrets for the database and opens them again, each bound to its place: AES-256-GCM under the newest of `SealingKeys`.
///
/// A sealed value is a format byte, the key's id behind its length, a random nonce, the ciphertext and the tag
/// (`Protocol/vectors/sealing`). What stands before the nonce is authenticated, too.
package struct Sealer: Sendable {
    private static let format: UInt8 = 1
    /// Of one secret. Channel access tokens have some 170 bytes, a back end's tokens a few KiB.
    package static let maxSecretBytes = 64 * 1024

    private let keys: SealingKeys
    private let random: any RandomSource

    /// `random` makes the nonces: it must be the system's own outside tests. 96 random bits allow 2³² values a key before two
    /// nonces meet with a chance of 2⁻³² (NIST SP 800-38D §8.3).
    package init(_ keys: SealingKeys, random: any RandomSource) {
        self.keys = keys
        self.random = random
    }

    /// `tooLong` beyond `maxSecretBytes`; never another failure.
    package func seal(_ secret: Secret, at place: SealedPlace) throws(SealFailure) -> [UInt8] {
        let plaintext = Array(secret.reveal().utf8)
        guard plaintext.count <= Self.maxSecretBytes else { throw .tooLong }
        let key = keys.newest
        let head = [Self.format, UInt8(key.id.utf8.count)] + Array(key.id.utf8)
        let nonce = random.bytes(AES256GCM.nonceByteCount)
        return head + nonce + key.cipher.seal(plaintext, nonce: nonce, associatedData: head + place.bytes)
    }

    package func open(_ sealed: [UInt8], at place: SealedPlace) throws(SealFailure) -> Secret {
        guard let parts = Parts(sealed) else { throw .malformed }
        guard let key = keys.key(parts.id) else { throw .unknownKey }
        guard let plaintext = key.cipher.open(parts.body, nonce: parts.nonce, associatedData: parts.head + place.bytes)
        else { throw .refused }
        return Secret(String(decoding: plaintext, as: UTF8.self))
    }

    /// Whether it is sealed as `seal` would now: in this format, under the newest key.
    package func isNewest(_ sealed: [UInt8]) -> Bool {
        Parts(sealed)?.id == Array(keys.newest.id.utf8)
    }

    private struct Parts {
        let head: [UInt8]
        let id: [UInt8]
        let nonce: [UInt8]
        let body: [UInt8]

        init?(_ sealed: [UInt8]) {
            guard sealed.count >= 2, sealed[0] == Sealer.format else { return nil }
            let idCount = Int(sealed[1])
            let headCount = 2 + idCount
            let bodyStart = headCount + AES256GCM.nonceByteCount
            guard (1...SealingKeys.maxIDBytes).contains(idCount), sealed.count >= bodyStart + AES256GCM.tagByteCount,
                sealed.count - bodyStart <= Sealer.maxSecretBytes + AES256GCM.tagByteCount
            else { return nil }
            head = Array(sealed[..<headCount])
            id = Array(sealed[2..<headCount])
            nonce = Array(sealed[headCount..<bodyStart])
            body = Array(sealed[bodyStart...])
        }
    }
}

/// Why a value was not sealed or opened. Holds nothing of it.
package enum SealFailure: String, Error, Equatable, Sendable {
    /// More than `Sealer.maxSecretBytes`.
    case tooLong
    /// Not a sealed value, or in a format of a newer release.
    case malformed
    /// Sealed under a key that is not configured.
    case unknownKey
    /// It was changed, or is not from this place, or its key's id now names another key.
    case refused
}

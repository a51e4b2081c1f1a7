internal import COpenSSL
internal import Primitives
internal import Synchronization

/// The keys that session tickets are sealed with (RFC 5077 §4, RFC 8446 §4.6.1): the current one, and the one before it,
/// which still opens what it sealed. A key seals for `maxAge`, and a ticket lives as long, so that after twice that time
/// a key is gone from memory, and with it every way to open what it protected.
final class TicketKeys: Sendable {
    /// Of a sealing key and of a ticket.
    static let maxAge = Duration.seconds(21_600)

    struct Key: Sendable {
        /// 16 bytes, in clear text before each ticket: which key sealed it.
        let name: [UInt8]
        /// AES-256 and HMAC-SHA-256.
        let encryption: [UInt8]
        let authentication: [UInt8]

        init(_ random: any RandomSource) {
            name = random.bytes(16)
            encryption = random.bytes(32)
            authentication = random.bytes(32)
        }
    }

    private struct Ring {
        var current: Key
        var previous: Key?
        var since: Instant
    }

    private let time: any TimeSource
    private let random: any RandomSource
    private let ring: Mutex<Ring>

    init(time: any TimeSource, random: any RandomSource) {
        self.time = time
        self.random = random
        ring = Mutex(Ring(current: Key(random), previous: nil, since: time.now))
    }

    /// The key that seals now.
    var current: Key { upToDate { $0.current } }

    /// The key of that name, unless it is too old; `isCurrent` false says that the ticket should be renewed.
    func key(named name: [UInt8]) -> (key: Key, isCurrent: Bool)? {
        upToDate { ring in
            if ring.current.name == name { return (ring.current, true) }
            if let previous = ring.previous, previous.name == name { return (previous, false) }
            return nil
        }
    }

    private func upToDate<Result>(_ use: (Ring) -> Result) -> Result {
        let now = time.now
        return ring.withLock { ring in
            let age = now.since(ring.since)
            if age >= Self.maxAge {
                // A key that nobody asked for in time is not kept either.
                ring = Ring(
                    current: Key(random), previous: age < Self.maxAge * 2 ? ring.current : nil, since: now)
            }
            return use(ring)
        }
    }

    // MARK: OpenSSL's side

    /// Sets up `cipher` and `authenticator` for one ticket (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)): 1 for "go on", 2 for
    /// "and renew it", 0 for "no such key" (a full handshake follows), -1 for a failure.
    func prepare(
        name: UnsafeMutablePointer<UInt8>, vector: UnsafeMutablePointer<UInt8>, cipher: OpaquePointer,
        authenticator: OpaquePointer, seals: Bool
    ) -> Int32 {
        if seals {
            let key = current
            name.update(from: key.name, count: 16)
            vector.update(from: random.bytes(16), count: 16)
            guard EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.encryption, vector) == 1,
                Self.authenticate(authenticator, key)
            else { return -1 }
            return 1
        }
        let wanted = Array(UnsafeBufferPointer(start: name, count: 16))
        guard let (key, isCurrent) = self.key(named: wanted) else { return 0 }
        guard EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nil, key.encryption, vector) == 1,
            Self.authenticate(authenticator, key)
        else { return -1 }
        return isCurrent ? 1 : 2
    }

    private static func authenticate(_ context: OpaquePointer, _ key: Key) -> Bool {
        var digest = Array("SHA256".utf8CString)
        return digest.withUnsafeMutableBufferPointer { name in
            var parameters = [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(context, key.authentication, key.authentication.count, &parameters) == 1
        }
    }
}

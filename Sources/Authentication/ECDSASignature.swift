internal import COpenSSL

/// The two forms of an ECDSA signature on P-256: 64 bytes r||s in tokens (RFC 7518 §3.4), DER in OpenSSL (RFC 3279
/// §2.2.3).
enum ECDSASignature {
    static let rawByteCount = 64

    /// Nil unless `raw` has exactly 64 bytes. Whether r and s are in range is for the verification to say.
    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == rawByteCount, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let half = Int32(rawByteCount / 2)
        let r = BN_bin2bn(Array(raw.prefix(32)), half, nil)
        let s = BN_bin2bn(Array(raw.suffix(32)), half, nil)
        guard r != nil, s != nil, ECDSA_SIG_set0(signature, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        var out: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(signature, &out)
        guard count > 0, let out else { return nil }
        defer { CRYPTO_free(out, nil, 0) }
        return Array(UnsafeBufferPointer(start: out, count: Int(count)))
    }

    /// Nil unless `der` is one signature whose numbers fit P-256.
    static func raw(der: [UInt8]) -> [UInt8]? {
        der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            guard let signature = d2i_ECDSA_SIG(nil, &cursor, bytes.count) else { return nil }
            defer { ECDSA_SIG_free(signature) }
            var raw = [UInt8](repeating: 0, count: rawByteCount)
            let half = rawByteCount / 2
            let isWhole = raw.withUnsafeMutableBufferPointer { out in
                BN_bn2binpad(ECDSA_SIG_get0_r(signature), out.baseAddress, Int32(half)) == half
                    && BN_bn2binpad(ECDSA_SIG_get0_s(signature), out.baseAddress.map { $0 + half }, Int32(half)) == half
            }
            return isWhole ? raw : nil
        }
    }
}

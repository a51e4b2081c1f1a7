internal import COpenSSL

/// The SHA-256 digest (FIPS 180-4), computed by OpenSSL.
package enum SHA256 {
    package static let byteCount = 32

    /// The 32 bytes that stand for `message`.
    package static func digest(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var count: UInt32 = 0
        let status = EVP_Digest(message, message.count, &digest, &count, EVP_sha256(), nil)
        precondition(status == 1 && count == byteCount, "every build of OpenSSL 3 has SHA-256")
        return digest
    }
}

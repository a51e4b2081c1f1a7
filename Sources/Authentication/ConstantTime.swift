internal import COpenSSL

/// Comparison of secrets without telling, by the time it takes, how much of a guess was right.
package enum ConstantTime {
    /// Whether both hold the same bytes. The time depends on their lengths only, which are not secret.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}

internal import COpenSSL

/// A key of HMAC with SHA-256 (RFC 2104), and the codes that it makes and checks. Never shows its key.
package struct HMACSHA256: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let byteCount = 32

    private let key: [UInt8]

    /// Any length is a key; who makes one for signing decides how many bytes are enough.
    package init(key: [UInt8]) { self.key = key }

    package var keyByteCount: Int { key.count }

    /// The 32 bytes that prove that `message` came from a holder of the key.
    package func code(for message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Self.byteCount)
        var count: UInt32 = 0
        // OpenSSL takes a null key for "the key of the last call"; an empty array may be null, so it gets one zero
        // byte, which is the same HMAC key (RFC 2104 §2 pads with zeros).
        let padded = key.isEmpty ? [0] : key
        let length = Int32(clamping: padded.count)
        let result = HMAC(EVP_sha256(), padded, length, message, message.count, &code, &count)
        precondition(result != nil && count == Self.byteCount, "every build of OpenSSL 3 has HMAC with SHA-256")
        return code
    }

    /// Whether `code` is the code of `message`, in a time that does not depend on where they differ.
    package func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
        ConstantTime.areEqual(code, self.code(for: message))
    }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

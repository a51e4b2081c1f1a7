internal import Authentication
internal import Primitives

/// Proof of a body and of the second when it was signed: the HMAC with SHA-256 of `{seconds}.{body}`, in lower-case hex.
/// Omise and PayMongo differ only in where it stands.
struct TimedSignature: Sendable {
    private let key: HMACSHA256
    private let limits: GatewayLimits

    init(key: [UInt8], limits: GatewayLimits) {
        self.key = HMACSHA256(key: key)
        self.limits = limits
    }

    /// Throws unless one of `codes` proves `body` at `seconds`, the digits as received, and that is not long from `now`.
    func verify(
        _ body: [UInt8], seconds: String, codes: [String], at now: Timestamp
    ) throws(WebhookRefusal) {
        guard body.count <= limits.maxBodyBytes else { throw .malformed("body") }
        guard let signed = Self.seconds(seconds) else { throw .malformed("timestamp") }
        guard codes.count <= limits.maxSignatures else { throw .malformed("signature") }
        let message = Array(seconds.utf8) + [0x2E] + body
        let expected = key.code(for: message)
        var isProven = false
        for code in codes {
            guard let bytes = Self.bytes(hex: code) else { continue }
            isProven = ConstantTime.areEqual(bytes, expected) || isProven
        }
        guard isProven else { throw .badSignature }
        let tolerance = limits.signatureTolerance.components.seconds
        // Both have at most twelve digits.
        guard (signed - now.seconds).magnitude <= tolerance.magnitude else { throw .stale }
    }

    /// One to twelve digits.
    private static func seconds(_ text: String) -> Int64? {
        guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    private static func bytes(hex text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 2 * HMACSHA256.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(HMACSHA256.byteCount)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    /// The lower-case hex that proves `body` at `seconds`: for stand-ins and tests.
    func code(_ body: [UInt8], seconds: Int64) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let code = key.code(for: Array("\(seconds).".utf8) + body)
        return String(decoding: code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

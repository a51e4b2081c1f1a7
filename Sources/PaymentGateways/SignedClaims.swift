internal import Authentication
internal import JSON
internal import Primitives

/// Claims signed with one shared secret (RFC 7519 in the compact form of RFC 7515 §7.1): `HS256` and nothing else, whatever the
/// header says (RFC 8725 §3.1). Members of the header that point to keys are never looked at.
struct SignedClaims: Sendable {
    private let key: HMACSHA256
    private let limits: GatewayLimits

    init(secret: Secret, limits: GatewayLimits) {
        key = HMACSHA256(key: Array(secret.reveal().utf8))
        self.limits = limits
    }

    /// The claims of `token`, of which nothing is read before the signature is proven.
    func read(_ token: String) throws(WebhookRefusal) -> JSONValue {
        let bytes = Array(token.utf8)
        let parts = bytes.split(separator: 0x2E, maxSplits: 3, omittingEmptySubsequences: false)
        guard bytes.count <= limits.maxBodyBytes, parts.count == 3, let header = Base64.decodeURLSafe(parts[0]),
            let claims = Base64.decodeURLSafe(parts[1]), let signature = Base64.decodeURLSafe(parts[2])
        else { throw .malformed("payload") }
        let reading = GatewayReading(limits: limits)
        guard let header = reading.json(header)?.object else { throw .malformed("payload") }
        // None of the extensions that `crit` could name is implemented (RFC 7515 §4.1.11).
        guard header["alg"]?.string == "HS256", header["typ"].map({ $0.string == "JWT" }) ?? true,
            header["crit"] == nil, key.isValid(signature, for: Array(bytes[..<parts[1].endIndex]))
        else { throw .badSignature }
        guard let value = reading.json(claims), value.object != nil else { throw .malformed("claims") }
        return value
    }

    /// A token with these claims, a JSON object.
    func token(_ claims: [UInt8]) -> String {
        let signed = Self.header + "." + Base64.encodeURLSafe(claims)
        return signed + "." + Base64.encodeURLSafe(key.code(for: Array(signed.utf8)))
    }

    private static let header = Base64.encodeURLSafe(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
}

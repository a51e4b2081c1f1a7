internal import JSON
internal import Primitives

/// A signed token in its compact form (RFC 7515 §7.1), taken apart but not yet believed.
struct CompactToken {
    let header: JSONObject
    let claims: JSONObject
    let signature: [UInt8]
    /// What the signature is of: the first two parts as they came, with the dot between them.
    let signedPart: [UInt8]

    /// Accepts exactly three parts in canonical base64url without padding, of which the first two are JSON objects
    /// without duplicate names.
    init(_ token: String, maxBytes: Int) throws(TokenViolation) {
        guard token.utf8.count <= maxBytes else { throw .tooLong }
        let bytes = Array(token.utf8)
        let parts = bytes.split(separator: 0x2E, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .notThreeParts }
        guard let header = Base64.decodeURLSafe(parts[0]), let claims = Base64.decodeURLSafe(parts[1]),
            let signature = Base64.decodeURLSafe(parts[2])
        else { throw .badBase64 }
        self.header = try Self.object(header)
        self.claims = try Self.object(claims)
        self.signature = signature
        signedPart = Array(bytes[..<parts[1].endIndex])
    }

    private static func object(_ text: [UInt8]) throws(TokenViolation) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONParser.parse(text)
        } catch {
            throw .badJSON
        }
        guard let object = value.object else { throw .badJSON }
        return object
    }
}

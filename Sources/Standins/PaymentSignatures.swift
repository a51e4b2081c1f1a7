internal import Authentication
internal import JSON
internal import Primitives

/// How the payment gateways prove that a message is theirs.
enum PaymentSignature {
    static let omiseField = "Omise-Signature"
    static let omiseTimeField = "Omise-Signature-Timestamp"
    static let payMongoField = "Paymongo-Signature"
    static let slipOKField = "x-authorization"

    /// 2C2P: `payload`, a compact JWT (RFC 7515) with HS256 whose key is the merchant secret's text.
    static func twoC2P(_ claims: JSONObject, secret: Secret) -> String {
        let header: JSONValue = ["alg": "HS256", "typ": "JWT"]
        let signed = [header, .object(claims)].map { Base64.encodeURLSafe($0.bytes) }.joined(separator: ".")
        return signed + "." + Base64.encodeURLSafe(code(Array(secret.reveal().utf8), signed))
    }

    /// Omise: the key is what the secret is the base 64 of.
    static func omise(_ body: [UInt8], at seconds: Int64, secret: Secret) -> String {
        Hex.text(code(Base64.decode(secret.reveal().utf8) ?? [], "\(seconds).", body))
    }

    /// PayMongo: `te` proves a test's message, `li` a real one's; the other is empty.
    static func payMongo(_ body: [UInt8], at seconds: Int64, isLive: Bool, secret: Secret) -> String {
        let proof = Hex.text(code(Array(secret.reveal().utf8), "\(seconds).", body))
        return "t=\(seconds),te=\(isLive ? "" : proof),li=\(isLive ? proof : "")"
    }

    private static func code(_ key: [UInt8], _ prefix: String, _ body: [UInt8] = []) -> [UInt8] {
        HMACSHA256(key: key).code(for: Array(prefix.utf8) + body)
    }
}

/// A JWT that a merchant sent to 2C2P, taken apart and not yet believed.
struct TwoC2PToken {
    /// Bytes of the compact form.
    static let maxBytes = 64 * 1024

    let claims: JSONObject
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Nil unless it is three parts, the first two JSON objects, and its algorithm is HS256.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maxBytes else { return nil }
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), header["alg"] == "HS256",
            let claims = Self.object(parts[1]), let signature = Base64.decodeURLSafe(parts[2])
        else { return nil }
        self.claims = claims
        self.signature = signature
        signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }

    func isSigned(with secret: Secret) -> Bool {
        HMACSHA256(key: Array(secret.reveal().utf8)).isValid(signature, for: signed)
    }

    private static func object(_ part: ArraySlice<UInt8>) -> JSONObject? {
        guard let bytes = Base64.decodeURLSafe(part) else { return nil }
        do { return try JSONParser.parse(bytes).object } catch { return nil }
    }
}

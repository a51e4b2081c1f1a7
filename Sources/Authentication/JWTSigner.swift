package import JSON
package import Primitives

/// Makes signed tokens (RFC 7519, compact form) with one key.
package struct JWTSigner: Sendable {
    private let key: SigningKey
    private let keyID: String?

    /// `keyID` goes into the header as `kid`; a verifier with more than one key needs it.
    package init(key: SigningKey, keyID: String?) {
        self.key = key
        self.keyID = keyID
    }

    package func sign(_ claims: TokenClaims) throws(KeyFailure) -> Secret { try sign(claims.json) }

    package func sign(_ claims: JSONObject) throws(KeyFailure) -> Secret {
        var header: JSONObject = ["alg": .string(key.algorithm.rawValue), "typ": "JWT"]
        if let keyID { header["kid"] = .string(keyID) }
        return try sign(header: header, claims: claims)
    }

    /// A token with exactly this header.
    package func sign(header: JSONObject, claims: JSONObject) throws(KeyFailure) -> Secret {
        let parts = [header, claims].map { Base64.encodeURLSafe(JSONValue.object($0).bytes) }
        let signedPart = parts.joined(separator: ".")
        let signature = try key.signature(of: Array(signedPart.utf8))
        return Secret(signedPart + "." + Base64.encodeURLSafe(signature))
    }
}

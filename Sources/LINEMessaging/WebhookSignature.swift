internal import Authentication
package import Primitives

/// Why a webhook is not taken for LINE's. Each earns 401; nothing of the body is looked at.
package enum WebhookSignatureViolation: String, Error, Equatable, Sendable, CaseIterable {
    case missing
    /// Two header fields: which one counts is the sender's guess.
    case repeated
    /// Not 32 bytes in base64 with padding (RFC 4648 §4).
    case malformed
    /// The code of other bytes, or made with another key.
    case mismatched
}

/// Checks that a webhook comes from LINE: `x-line-signature` is the base64 of the HMAC with SHA-256 of the body's raw bytes,
/// with the channel secret as key (LINE, "Verify webhook signature"). The signature covers nothing but the body: neither the
/// URL nor a time, so what was received before must be known by its `webhookEventId`.
package struct WebhookSignature: Sendable {
    /// In lower case; LINE has written it in other cases, too.
    package static let field = "x-line-signature"

    private let key: HMACSHA256

    /// Nil without a secret: everybody could sign for that channel.
    package init?(channelSecret: Secret) {
        guard !channelSecret.isEmpty else { return nil }
        key = HMACSHA256(key: Array(channelSecret.reveal().utf8))
    }

    /// Throws unless `fields`, the values of all of the request's signature fields, prove `body`: its bytes as received,
    /// before any decoding. Compared in constant time.
    package func verify(_ body: [UInt8], fields: [String]) throws(WebhookSignatureViolation) {
        guard let field = fields.first else { throw .missing }
        guard fields.count == 1 else { throw .repeated }
        guard let code = Base64.decode(field.utf8), code.count == HMACSHA256.byteCount else { throw .malformed }
        guard key.isValid(code, for: body) else { throw .mismatched }
    }

    /// The field's value for `body`, as LINE would send it: for stand-ins and tests.
    package func value(for body: [UInt8]) -> String { Base64.encode(key.code(for: body)) }
}

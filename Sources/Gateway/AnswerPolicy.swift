internal import Authentication
internal import HTTP1
internal import Primitives

/// The last word on every answer of one request: what it says to browsers, which pages may read it, and how it is coded.
/// Confined to the request's loop, like the encoder that it uses.
struct AnswerPolicy {
    /// Request fields that a page may set besides those that need no leave (Fetch §2.2.2).
    static let requestFields =
        "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-ID, X-Device-ID"
    /// Answer fields that a page may read besides those that need no leave.
    static let exposedFields =
        "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-ID, X-Conversation-ID, ETag, Location"
    /// How long a browser may remember a preflight; the longest that any of them does (Firefox).
    static let maxPreflightAge = Duration.seconds(86_400)

    /// A shorter content fits into one packet anyway, and gzip's own frame has 18 bytes.
    static let minCodedBytes = 1024
    /// A longer content would keep the loop's other connections waiting: at this length some ten milliseconds.
    static let maxCodedBytes = 512 * 1024

    /// The page's origin as it named it; nil unless it may read the answer.
    private let reader: String?
    private let acceptEncoding: AcceptEncoding
    private let encoder: GzipEncoder
    private let strictTransportSeconds: Int

    init(_ request: HTTPRequest, origin: OriginPolicy.Verdict, encoder: GzipEncoder, strictTransportSeconds: Int) {
        self.strictTransportSeconds = strictTransportSeconds
        reader = origin == .allowed ? request.headers.first("Origin") : nil
        acceptEncoding = AcceptEncoding(request.headers.all("Accept-Encoding"))
        self.encoder = encoder
    }

    /// `isWhole`: the body is there too, not to follow.
    func complete(_ response: inout HTTPResponse, isWhole: Bool) {
        response.headers.complete(with: .defensive)
        if strictTransportSeconds > 0 {
            response.headers.set("Strict-Transport-Security", "max-age=\(strictTransportSeconds)")
        }
        share(&response.headers)
        if isWhole { code(&response) }
    }

    /// CORS (Fetch §3.2). The origin is named, never `*`, since credentials are allowed; and because it is, every answer
    /// varies with it, also one that names none.
    private func share(_ headers: inout HTTPHeaders) {
        headers.vary(on: "Origin")
        guard let reader else { return }
        headers.set("Access-Control-Allow-Origin", reader)
        headers.set("Access-Control-Allow-Credentials", "true")
        headers.set("Access-Control-Expose-Headers", Self.exposedFields)
    }

    /// Codes the content, if it is text that is worth it and the client would have it so. What says `no-transform` (RFC
    /// 9111 §5.2.2.6) stays as it is, here and at every proxy: the length of a secret that was compressed together with
    /// something that an attacker chose tells the secret (BREACH).
    private func code(_ response: inout HTTPResponse) {
        if response.status == .notModified { return response.headers.vary(on: "Accept-Encoding") }
        guard isCodable(response) else { return }
        response.headers.vary(on: "Accept-Encoding")
        let mustBeCoded = acceptEncoding.excludesIdentity
        guard acceptEncoding.preferred == .gzip, mustBeCoded || response.body.count >= Self.minCodedBytes,
            let coded = encoder.encode(response.body, mayGrow: mustBeCoded)
        else { return }
        response.body = coded
        response.headers.set("Content-Encoding", "gzip")
        // Another representation has another strong tag; a weak one names both (RFC 9110 §8.8.1).
        if let tag = response.headers.first("ETag"), !tag.hasPrefix("W/") { response.headers.set("ETag", "W/" + tag) }
    }

    private func isCodable(_ response: HTTPResponse) -> Bool {
        guard !response.body.isEmpty, response.body.count <= Self.maxCodedBytes,
            !response.headers.contains("Content-Encoding"),
            !response.headers.hasToken("no-transform", in: "Cache-Control")
        else { return false }
        return Self.isText(response.headers.first("Content-Type") ?? "")
    }

    /// Whether a media type is one of text, as all that this server makes is.
    static func isText(_ mediaType: String) -> Bool {
        let type = mediaType.prefix { $0 != ";" }
        return type.hasPrefix("text/") || type == "application/json" || type.hasSuffix("+json")
            || type.hasSuffix("+xml")
    }
}

extension HTTPRequest {
    /// Whether the body comes in a content coding (RFC 9110 §8.4).
    var hasCodedBody: Bool { headers.list("Content-Encoding").contains { $0.lowercased() != "identity" } }
}

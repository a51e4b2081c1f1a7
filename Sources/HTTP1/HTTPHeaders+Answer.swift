extension HTTPHeaders {
    /// What an answer says to a browser that was led to it by a page that is none of ours, unless the answer says otherwise:
    /// it is what its `Content-Type` says, it is no document that runs or embeds anything or may be framed (CSP Level 3;
    /// `X-Frame-Options` for browsers before it), only pages of our own origin may embed it (Fetch §3.6; a request under
    /// CORS is judged by CORS instead), a link on it tells nothing of its address, and nobody stores it.
    package static let defensive: HTTPHeaders = [
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
    ]

    /// Adds each field of `defaults` whose name is not there.
    package mutating func complete(with defaults: HTTPHeaders) {
        for field in defaults.fields where !contains(field.name) { add(field.name, field.value) }
    }

    /// Says that the answer was chosen by the request field `name` (RFC 9110 §12.5.5), beside what it says already.
    package mutating func vary(on name: String) {
        let listed = list("vary")
        if hasToken(name, in: "vary") || listed.contains("*") { return }
        set("Vary", (listed + [name]).joined(separator: ", "))
    }
}

/// A whole request: head and body.
package struct HTTPRequest: Sendable, Equatable {
    package let method: HTTPMethod
    /// Where the request goes, parsed; `target`, `path` and `query` are its parts.
    package let parsedTarget: HTTPTarget
    package let version: HTTPVersion
    package let headers: HTTPHeaders
    /// Without chunked framing; a content coding is left as it is.
    package var body: [UInt8]

    package init(
        method: HTTPMethod, target: HTTPTarget, version: HTTPVersion = .http11, headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.parsedTarget = target
        self.version = version
        self.headers = headers
        self.body = body
    }

    /// The target as it was sent, in origin form. May hold what must not be logged: log `path.raw`.
    package var target: String { parsedTarget.raw }
    package var path: HTTPPath { parsedTarget.path }
    package var query: HTTPQuery { parsedTarget.query }

    /// Whether the client means to send another request on this connection (RFC 9112 §9.3): `close` says no, HTTP/1.0
    /// needs `keep-alive` for yes.
    package var keepsAlive: Bool {
        guard !headers.hasToken("close", in: "connection") else { return false }
        return version == .http11 || headers.hasToken("keep-alive", in: "connection")
    }
}

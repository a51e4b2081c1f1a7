internal import HTTP1
internal import Transport

/// The answer to everything on the port without TLS: the same address with it.
struct HTTPSRedirect: Sendable {
    /// A browser needs one for a moment; what comes here otherwise looks for open ports.
    static let maxConnections = 1_000

    /// Where TLS is spoken.
    let port: UInt16

    /// 308 for GET and HEAD. Other methods are refused: whoever sends them has shown a body, and perhaps a token, to everyone on the
    /// way, and a redirect would hide that.
    func receive(_ exchange: HTTPExchange) {
        let request = exchange.request
        guard request.method == .get || request.method == .head else {
            return exchange.respond(
                HTTPResponse(status: .methodNotAllowed, headers: ["Allow": "GET, HEAD", "Cache-Control": "no-store"]))
        }
        guard let location = location(host: request.headers.first("Host"), target: request.target) else {
            return exchange.respond(HTTPResponse(status: .badRequest, headers: ["Cache-Control": "no-store"]))
        }
        exchange.respond(HTTPResponse(status: .permanentRedirect, headers: ["Location": location]))
    }

    /// `host` is a checked `Host` field, with a port or without, or nil (HTTP/1.0); `target` is in origin form.
    func location(host: String?, target: String) -> String? {
        guard let host else { return nil }
        let name: Substring
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            name = host[...end]
        } else {
            name = host.prefix { $0 != ":" }
        }
        guard !name.isEmpty else { return nil }
        return "https://\(name)\(port == 443 ? "" : ":\(port)")\(target)"
    }
}

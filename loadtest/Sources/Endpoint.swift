/// Where a server listens: a numeric IPv4 address and a port, out of a URL such as `http://127.0.0.1:8080`.
struct Endpoint {
    let host: String
    let port: UInt16

    /// Nil when it is not of that form.
    init?(url: String) {
        guard url.hasPrefix("http://") else { return nil }
        let authority = url.dropFirst(7).prefix { $0 != "/" }
        let parts = authority.split(separator: ":")
        guard let host = parts.first, parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : 80 else {
            return nil
        }
        self.host = host == "localhost" ? "127.0.0.1" : String(host)
        self.port = port
    }

    /// As the `Host` header says it.
    var authority: String { "\(host):\(port)" }
}

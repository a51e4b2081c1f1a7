/// One request to a provider. Its description shows the method and the host only: headers and bodies hold secrets.
package struct HTTPClientRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var method: HTTPMethod
    /// Absolute, `http` or `https`; anything else fails with `TransportFailure.invalidRequest`.
    package var url: String
    /// In the order in which they are sent. A name or value with a control character fails with `.invalidRequest`.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var timeouts: HTTPTimeouts
    /// Beyond this many body bytes the transfer fails with `.tooLarge`, so a runaway answer cannot fill memory.
    package var maxBodyBytes: Int
    /// libcurl sends a request once more when a kept-alive connection turns out to be closed before any answer, which may
    /// deliver it twice. True for what must not be repeated: it then pays for a connection of its own.
    package var needsFreshConnection: Bool
    /// Which addresses may be connected to, each as its 4 or 16 bytes in network order, whatever name or redirect led there; nil:
    /// all. Asked on the loop when the name is resolved, of the very address that is then used. Such a request neither takes a
    /// connection that is there, nor leaves one, nor goes through a proxy.
    package var admits: (@Sendable (_ address: [UInt8]) -> Bool)?

    package init(
        method: HTTPMethod = .get, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeouts: HTTPTimeouts = HTTPTimeouts(), maxBodyBytes: Int = 8 * 1024 * 1024, needsFreshConnection: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maxBodyBytes = maxBodyBytes
        self.needsFreshConnection = needsFreshConnection
    }

    /// The host part of `url` without port and user; empty when there is none. A metric attribute, so no path or query.
    package var host: String {
        guard let scheme = url.firstRange(of: "://") else { return "" }
        var authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        if authority.first == "[" { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }

    package var description: String { "\(method.rawValue) \(host)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["method": method, "host": host]) }
}

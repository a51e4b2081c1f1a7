internal import Glibc
internal import Reactor
internal import TLS

/// Where a server listens, out of a URL such as `https://chat.example.com`, `ws://[::1]:8080` or `http://127.0.0.1:8080`. A name
/// is looked up once, when this is made.
struct Endpoint {
    /// As the URL has it, without the brackets of an IPv6 address: what the server's certificate must name.
    let host: String
    /// Numeric; the same unless `host` is a name.
    let address: String
    let port: UInt16
    /// nil: without TLS.
    let security: TLSClientContext?
    /// nil: every connection comes from the address that the kernel chooses.
    let sources: LoopbackSources?

    /// - Parameter authorities: a PEM file of those that are trusted; nil: the system's. Only for `https:` and `wss:`.
    init(url: String, authorities: String? = nil) throws(LoadFailure) {
        let refusal = LoadFailure(
            .usage,
            "\(url) is not the URL of a server: http, https, ws or wss, a host, a port if it is another than usual")
        guard let separator = url.firstRange(of: "://"),
            let isSecure = ["http": false, "ws": false, "https": true, "wss": true][url[..<separator.lowerBound]]
        else { throw refusal }
        var authority = url[separator.upperBound...]
        if authority.hasSuffix("/") { authority.removeLast() }
        guard let (host, port) = Self.parts(of: authority) else { throw refusal }
        self.host = String(host)
        self.port = port ?? (isSecure ? 443 : 80)
        address = try Self.address(of: self.host, self.port)
        sources = address.hasPrefix("127.") ? LoopbackSources() : nil
        do throws(TLSFailure) {
            security = isSecure ? try TLSClientContext(authorities: authorities) : nil
        } catch {
            throw LoadFailure(.usage, "\(error)")
        }
    }

    /// As the `Host` header says it.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// `host`, `host:port`, `[address]`, `[address]:port`; nil when it is not of that form.
    private static func parts(of authority: Substring) -> (host: Substring, port: UInt16?)? {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":"), host.contains(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\[]".utf8.contains($0) }
        guard !host.isEmpty, isName else { return nil }
        guard let port else { return (host, nil) }
        guard let number = UInt16(port), number > 0 else { return nil }
        return (host, number)
    }

    /// The first address of the host that takes a connection, or the first one when none does: `localhost` is both `::1` and
    /// `127.0.0.1`, and a server may listen on one of them.
    private static func address(of host: String, _ port: UInt16) throws(LoadFailure) -> String {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard status == 0 else {
            throw LoadFailure(.usage, "\(host) has no address: \(String(cString: gai_strerror(status)))")
        }
        var addresses: [String] = []
        var entry = found
        while let current = entry {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let isNumeric = getnameinfo(
                current.pointee.ai_addr, current.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                NI_NUMERICHOST)
            if isNumeric == 0 {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
            entry = current.pointee.ai_next
        }
        guard let first = addresses.first else { throw LoadFailure(.usage, "\(host) has no address") }
        if addresses.count == 1 { return first }
        return addresses.first { accepts($0, port) } ?? first
    }

    /// Milliseconds that one of several addresses gets to take a connection.
    private static let maxTryMilliseconds: Int32 = 2000

    private static func accepts(_ address: String, _ port: UInt16) -> Bool {
        do throws(SystemError) {
            let socket = try Socket.connecting(to: address, port: port)
            var descriptor = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&descriptor, 1, maxTryMilliseconds) == 1 && socket.pendingError == nil
        } catch {
            return false
        }
    }
}

/// The rules of the `Host` field (RFC 9112 §3.2, RFC 9110 §7.2).
enum HostField {
    /// The longest host with its port that is looked at: a DNS name has at most 253 bytes.
    private static let maxBytes = 261

    /// HTTP/1.1 must have exactly one valid `Host`; HTTP/1.0 may have none. An empty one is refused: no `http` URI
    /// lacks a host.
    static func check(_ headers: HTTPHeaders, _ version: HTTPVersion) throws(HTTPViolation) {
        guard let host = headers.firstBytes("host") else {
            guard version == .http10 else { throw .hostMissing }
            return
        }
        guard headers.count(of: "host") == 1 else { throw .hostRepeated }
        guard isValid(host) else { throw .hostInvalid }
    }

    /// `uri-host [":" port]`, without user information.
    private static func isValid(_ host: ArraySlice<UInt8>) -> Bool {
        guard host.count <= maxBytes else { return false }
        let nameEnd: Int
        if host.first == 0x5B {
            guard let bracket = host.firstIndex(of: 0x5D) else { return false }
            let address = host[(host.startIndex + 1)..<bracket]
            guard address.count >= 2,
                address.allSatisfy({ Octet.hexadecimalValue($0) != nil || $0 == Octet.colon || $0 == Octet.dot })
            else { return false }
            nameEnd = bracket + 1
        } else {
            nameEnd = host.firstIndex(of: Octet.colon) ?? host.endIndex
            guard nameEnd > host.startIndex, host[..<nameEnd].allSatisfy(Octet.isHostCharacter) else { return false }
        }
        guard nameEnd < host.endIndex else { return true }
        let port = host[(nameEnd + 1)...]
        guard host[nameEnd] == Octet.colon, (1...5).contains(port.count), port.allSatisfy(Octet.isDigit) else {
            return false
        }
        return port.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }
}

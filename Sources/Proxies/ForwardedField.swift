/// `Forwarded` (RFC 7239) and the older `X-Forwarded-For`, `X-Forwarded-Proto`: who says for whom a request was passed on.
enum ForwardedField {
    /// One proxy's word about the peer that it had.
    struct Hop: Equatable, Sendable {
        /// Nil when the peer is not told: `unknown`, an obfuscated name (RFC 7239 §6.2, §6.3), or what cannot be read.
        var address: IPAddress?
        /// In lower case; nil when it is not told.
        var scheme: String?
    }

    /// The hops of all `Forwarded` field lines in order, the nearest proxy's last. Nil when they are not what RFC 7239 §4
    /// says, whatever part of them it is.
    static func hops(forwarded values: [String]) -> [Hop]? {
        guard !values.isEmpty else { return [] }
        // Field lines of one name are one list (RFC 9110 §5.3).
        var reader = Reader(values.joined(separator: ",").utf8[...])
        var hops: [Hop] = []
        repeat {
            reader.skipSpace()
            // A list may have empty elements (RFC 9110 §5.6.1).
            if reader.isAtEnd || reader.next == Reader.comma { continue }
            guard let hop = element(&reader) else { return nil }
            hops.append(hop)
        } while reader.take(Reader.comma)
        return reader.isAtEnd ? hops : nil
    }

    /// `forwarded-element`: pairs between semicolons, each name at most once.
    private static func element(_ reader: inout Reader) -> Hop? {
        var hop = Hop()
        var names: Set<String> = []
        repeat {
            guard let (name, value) = reader.pair() else { return nil }
            guard names.insert(name).inserted else { return nil }
            switch name {
            case "for": hop.address = address(ofNode: value[...], mayBeBare: false)
            case "proto": hop.scheme = value.lowercased()
            default: break
            }
        } while reader.take(Reader.semicolon)
        reader.skipSpace()
        return hop
    }

    /// The hops of all `X-Forwarded-For` field lines: addresses, some with ports, between commas.
    static func hops(xForwardedFor values: [String]) -> [Hop] {
        values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { item in
            let text = item.drop { $0 == " " || $0 == "\t" }
            let trimmed = text.dropLast(text.reversed().prefix { $0 == " " || $0 == "\t" }.count)
            return Hop(address: address(ofNode: trimmed, mayBeBare: true))
        }
    }

    /// The address of a node (RFC 7239 §6): IPv4 or, in brackets, IPv6, each with or without a port. `mayBeBare`: IPv6
    /// without brackets is one too.
    private static func address(ofNode node: Substring, mayBeBare: Bool) -> IPAddress? {
        if node.utf8.first == 0x5B {
            guard let close = node.firstIndex(of: "]") else { return nil }
            guard isPort(node[node.index(after: close)...]) else { return nil }
            let inside = node[node.index(after: node.startIndex)..<close]
            return inside.utf8.contains(0x3A) ? IPAddress(inside) : nil
        }
        if mayBeBare, let address = IPAddress(node) { return address }
        let end = node.firstIndex(of: ":") ?? node.endIndex
        return isPort(node[end...]) ? IPAddress(node[..<end]) : nil
    }

    /// Nothing, or a colon and a port, which may be obfuscated (`_x`).
    private static func isPort(_ text: Substring) -> Bool {
        guard let first = text.utf8.first else { return true }
        let port = text.utf8.dropFirst()
        guard first == 0x3A, let start = port.first else { return false }
        return start == 0x5F ? port.count > 1 : Decimal.number(port, atMost: 65_535) != nil
    }
}

extension ForwardedField {
    /// Reads a field value from its start, byte by byte; every byte is looked at once.
    fileprivate struct Reader {
        static let comma: UInt8 = 0x2C
        static let semicolon: UInt8 = 0x3B
        private static let equals: UInt8 = 0x3D
        private static let quote: UInt8 = 0x22
        private static let backslash: UInt8 = 0x5C

        private var rest: Substring.UTF8View

        init(_ text: Substring.UTF8View) { rest = text }

        var isAtEnd: Bool { rest.isEmpty }
        var next: UInt8? { rest.first }

        mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        mutating func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

        /// `token=value` without space inside (RFC 7239 §4); the name in lower case.
        mutating func pair() -> (name: String, value: String)? {
            guard let name = token(), take(Self.equals), let value = rest.first == Self.quote ? quoted() : token()
            else { return nil }
            return (name.lowercased(), value)
        }

        private mutating func token() -> String? {
            let token = rest.prefix { Self.isToken($0) }
            guard !token.isEmpty else { return nil }
            rest = rest[token.endIndex...]
            return String(Substring(token))
        }

        /// `quoted-string` (RFC 9110 §5.6.4).
        private mutating func quoted() -> String? {
            var value: [UInt8] = []
            guard take(Self.quote) else { return nil }
            while let byte = rest.popFirst() {
                switch byte {
                case Self.quote: return String(validating: value, as: UTF8.self)
                case Self.backslash:
                    guard let escaped = rest.popFirst() else { return nil }
                    value.append(escaped)
                default: value.append(byte)
                }
            }
            return nil
        }

        /// `tchar` (RFC 9110 §5.6.2).
        private static func isToken(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
            default: false
            }
        }
    }
}

/// One element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1): an extension's name and its parameters, in order.
package struct ExtensionOffer: Equatable, Sendable {
    package struct Parameter: Equatable, Sendable {
        package let name: String
        /// Without the quotes that it may have had; nil: none was given.
        package let value: String?

        package init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// The field does not follow the grammar of RFC 6455 §9.1.
    package struct Malformed: Error, Equatable, Sendable {}

    /// Offers of one handshake that are looked at; the rest, which the client wants less, is not.
    package static let maxOffers = 32
    /// Parameters of one offer that are kept. No extension that we speak has more than four, so an offer with more is
    /// declined whatever they are.
    package static let maxParameters = 8

    package let name: String
    package let parameters: [Parameter]

    package init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// The offers of all field lines, in the client's order of preference. Empty elements are allowed (RFC 9110 §5.6.1).
    package static func parse(_ lines: [String]) throws(Malformed) -> [ExtensionOffer] {
        var offers: [ExtensionOffer] = []
        for line in lines {
            var scanner = Scanner(line)
            while !scanner.isAtEnd, offers.count < maxOffers {
                if scanner.take(Scanner.comma) { continue }
                offers.append(try scanner.offer())
                guard scanner.isAtEnd || scanner.take(Scanner.comma) else { throw Malformed() }
            }
        }
        return offers
    }

    /// Reads one field line from left to right; white space is passed over in front of everything.
    private struct Scanner {
        static let comma = UInt8(ascii: ",")
        private static let semicolon = UInt8(ascii: ";")
        private static let equals = UInt8(ascii: "=")
        private static let quote = UInt8(ascii: "\"")
        private static let backslash = UInt8(ascii: "\\")
        private var rest: Substring.UTF8View

        init(_ line: String) { rest = Substring(line).utf8 }

        var isAtEnd: Bool {
            mutating get {
                rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                return rest.isEmpty
            }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard !isAtEnd, rest.first == byte else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func offer() throws(Malformed) -> ExtensionOffer {
            let name = try token()
            var parameters: [Parameter] = []
            while take(Self.semicolon) {
                let parameter = try parameter()
                if parameters.count < maxParameters { parameters.append(parameter) }
            }
            return ExtensionOffer(name, parameters)
        }

        private mutating func parameter() throws(Malformed) -> Parameter {
            let name = try token()
            guard take(Self.equals) else { return Parameter(name) }
            return Parameter(name, try take(Self.quote) ? quotedToken() : token())
        }

        private mutating func token() throws(Malformed) -> String {
            guard !isAtEnd else { throw Malformed() }
            let token = Substring(rest.prefix { HeaderList.isTokenByte($0) })
            guard !token.isEmpty else { throw Malformed() }
            rest = rest.dropFirst(token.utf8.count)
            return String(token)
        }

        /// What stands between quotes must be a token once it is unescaped (RFC 6455 §9.1).
        private mutating func quotedToken() throws(Malformed) -> String {
            var bytes: [UInt8] = []
            while let byte = rest.popFirst(), byte != Self.quote {
                guard let literal = byte == Self.backslash ? rest.popFirst() : byte else { throw Malformed() }
                guard HeaderList.isTokenByte(literal) else { throw Malformed() }
                bytes.append(literal)
                guard !rest.isEmpty else { throw Malformed() }
            }
            guard !bytes.isEmpty else { throw Malformed() }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

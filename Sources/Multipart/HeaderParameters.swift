/// A field value of the form `word; name=value; name="value"` (RFC 2045 §5.1, RFC 2183 §2): Content-Type and
/// Content-Disposition. Strict about its frame: what two readers could read in two ways is no such value.
struct HeaderParameters: Equatable {
    /// In lower case.
    let word: String
    /// In their order; names in lower case, each once.
    let parameters: [(name: String, value: [UInt8])]

    static func == (left: HeaderParameters, right: HeaderParameters) -> Bool {
        left.word == right.word && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
    }

    /// Why a text is no such value.
    enum Problem: Error { case malformed, parameterRepeated }

    /// Between quotes every byte stands for itself and the first quote ends the value, as in the browsers' own writing
    /// (WHATWG HTML §4.10.21.8), which has `%22` for a quote; a backslash escapes nothing.
    init(_ text: ArraySlice<UInt8>) throws(Problem) {
        var rest = text
        let word = Self.takeWord(&rest)
        guard !word.isEmpty else { throw .malformed }
        self.word = Self.lowercased(word)
        var parameters: [(name: String, value: [UInt8])] = []
        while true {
            Self.skipSpace(&rest)
            guard let separator = rest.popFirst() else { break }
            guard separator == Character.semicolon else { throw .malformed }
            Self.skipSpace(&rest)
            // A semicolon behind the last parameter is common.
            guard !rest.isEmpty else { break }
            let name = Self.takeWord(&rest)
            guard !name.isEmpty, rest.popFirst() == Character.equals else { throw .malformed }
            let lowercasedName = Self.lowercased(name)
            guard !parameters.contains(where: { $0.name == lowercasedName }) else { throw .parameterRepeated }
            parameters.append((lowercasedName, try Self.takeValue(&rest)))
        }
        self.parameters = parameters
    }

    subscript(name: String) -> [UInt8]? { parameters.first { $0.name == name }?.value }

    private static func takeValue(_ rest: inout ArraySlice<UInt8>) throws(Problem) -> [UInt8] {
        guard rest.first == Character.quote else {
            let token = takeWord(&rest)
            guard !token.isEmpty else { throw .malformed }
            return Array(token)
        }
        rest.removeFirst()
        guard let end = rest.firstIndex(of: Character.quote) else { throw .malformed }
        defer { rest = rest[(end + 1)...] }
        return Array(rest[..<end])
    }

    /// `token` (RFC 9110 §5.6.2), and the slash of a media type.
    private static func takeWord(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let word = rest.prefix { Character.isToken($0) || $0 == Character.slash }
        rest = rest.dropFirst(word.count)
        return word
    }

    private static func skipSpace(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { Character.isSpace($0) }
    }

    private static func lowercased(_ token: ArraySlice<UInt8>) -> String {
        String(decoding: token.map(Character.lowercased), as: UTF8.self)
    }

    /// The bytes that frame a value.
    enum Character {
        static let tab: UInt8 = 0x09
        static let lineFeed: UInt8 = 0x0A
        static let carriageReturn: UInt8 = 0x0D
        static let space: UInt8 = 0x20
        static let quote: UInt8 = 0x22
        static let percent: UInt8 = 0x25
        static let hyphen: UInt8 = 0x2D
        static let slash: UInt8 = 0x2F
        static let colon: UInt8 = 0x3A
        static let semicolon: UInt8 = 0x3B
        static let equals: UInt8 = 0x3D

        static func isSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

        /// `tchar` (RFC 9110 §5.6.2).
        static func isToken(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7A, 0x7C, 0x7E: true
            default: false
            }
        }

        /// ASCII lower case; other bytes unchanged.
        static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
    }
}

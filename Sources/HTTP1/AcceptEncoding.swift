/// How an answer's content may be coded on its way (RFC 9110 §8.4.1).
package enum ContentCoding: Equatable, Sendable {
    case identity
    case gzip
}

/// What a client says of content codings in `Accept-Encoding` (RFC 9110 §12.5.3).
package struct AcceptEncoding: Equatable, Sendable {
    /// gzip when the client takes it at least as gladly as the plain content; plain else, also for a client that takes
    /// neither, which is then sent what it did not ask for but will understand (§12.4.1 leaves that to us).
    package let preferred: ContentCoding
    /// Whether the client wants no plain content, however short.
    package let excludesIdentity: Bool

    /// `values`: one a field line.
    package init(_ values: [String]) {
        var weights: [Substring: Int] = [:]
        for element in values.lazy.flatMap({ $0.utf8.split(separator: Octet.comma) }) {
            guard let (name, weight) = Self.weighted(element) else { continue }
            // The first word counts: repeating a coding is no way to raise it.
            if weights[name] == nil { weights[name] = weight }
        }
        let any = weights["*"]
        let gzip = weights["gzip"] ?? weights["x-gzip"] ?? any ?? 0
        // Plain content is excluded only by its own weight of 0, or by that of everything that is not named.
        let identity = weights["identity"] ?? (any == 0 ? 0 : nil)
        excludesIdentity = identity == 0
        preferred = gzip > 0 && gzip >= identity ?? 0 ? .gzip : .identity
    }

    /// A coding's name in lower case and its weight in thousandths; nil for what is not written as §12.4.2 says.
    private static func weighted(_ element: Substring.UTF8View) -> (name: Substring, weight: Int)? {
        let parts = element.split(separator: Octet.semicolon, omittingEmptySubsequences: false).map(Octet.trimmed)
        guard let name = parts.first, !name.isEmpty, parts.count <= 2, name.allSatisfy(Octet.isToken) else {
            return nil
        }
        let lowercased = Substring(String(decoding: name.map(Octet.lowercased), as: UTF8.self))
        guard parts.count == 2 else { return (lowercased, 1000) }
        let parameter = parts[1]
        guard parameter.first.map(Octet.lowercased) == UInt8(ascii: "q"), parameter.dropFirst().first == Octet.equals,
            let weight = thousandths(parameter.dropFirst(2))
        else { return nil }
        return (lowercased, weight)
    }

    /// `qvalue`: 0 or 1, with up to three decimals, which behind 1 are zeros.
    private static func thousandths(_ text: Substring.UTF8View) -> Int? {
        guard let whole = text.first, whole == 0x30 || whole == 0x31 else { return nil }
        let fraction = text.dropFirst()
        guard fraction.isEmpty || fraction.first == Octet.dot else { return nil }
        let digits = fraction.dropFirst()
        guard digits.count <= 3, digits.allSatisfy(Octet.isDigit) else { return nil }
        var value = whole == 0x31 ? 1000 : 0
        for (digit, place) in zip(digits, [100, 10, 1]) { value += Int(digit - 0x30) * place }
        return value <= 1000 ? value : nil
    }
}

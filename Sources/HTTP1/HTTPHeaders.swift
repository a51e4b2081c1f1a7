/// The header fields of one message, in order. Names compare without regard to case (RFC 9110 §5.1). Names that came
/// from a peer are in lower case; names that we add keep the case they were given for the wire.
///
/// All of it is one run of bytes and the places of the names and values in it: a string is made of what somebody asks for,
/// and of nothing else.
///
/// A header section held here can never split a message: a value has no control character but HTAB, a name is a token.
package struct HTTPHeaders: Sendable {
    /// One field line.
    package struct Field: Sendable {
        /// As it goes to the wire.
        package let name: String
        package let value: String
    }

    /// Where a field line stands in `text`: the name, and the value directly behind it.
    struct Line: Sendable {
        let start: UInt32
        let valueStart: UInt32
        let end: UInt32

        var name: Range<Int> { Int(start)..<Int(valueStart) }
        var value: Range<Int> { Int(valueStart)..<Int(end) }
    }

    /// Names and values without anything between them. What a removed line leaves behind stays.
    private var text: [UInt8] = []
    private(set) var lines: [Line] = []

    package init() {}

    package var count: Int { lines.count }
    package var isEmpty: Bool { lines.isEmpty }

    /// The field lines as strings, made anew at each call.
    package var fields: [Field] { lines.map { Field(name: string($0.name), value: string($0.value)) } }

    /// The value of the first field of that name.
    package func first(_ name: String) -> String? { firstLine(name).map { string($0.value) } }

    /// The values of all fields of that name, in order, one per field line; a comma inside a value is not looked at.
    package func all(_ name: String) -> [String] {
        var values: [String] = []
        var next = index(of: name)
        while let index = next {
            values.append(string(lines[index].value))
            next = self.index(of: name, from: index + 1)
        }
        return values
    }

    package func contains(_ name: String) -> Bool { index(of: name) != nil }

    /// Appends a field line behind those that are there. The name must be a token: names are written by us, never
    /// taken from outside. In the value each control character becomes a space (RFC 9110 §5.5 asks that of CR, LF and
    /// NUL), so that a value from outside can at worst say nonsense, never add a field or a response.
    package mutating func add(_ name: String, _ value: String) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(Octet.isToken), "a header name is a token")
        let start = text.count
        text.append(contentsOf: name.utf8)
        let valueStart = text.count
        text.append(contentsOf: value.utf8)
        for index in valueStart..<text.count where Self.isHarmful(text[index]) { text[index] = Octet.space }
        appendLine(start, valueStart)
    }

    /// Replaces every field of that name by one; it stands last. The same terms as `add`.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    package mutating func remove(_ name: String) {
        guard contains(name) else { return }
        let kept = lines.filter { !isNamed($0, name.utf8.span) }
        lines = kept
    }

    /// Whether `token` is an element of the comma-separated list that all fields of that name make up (RFC 9110
    /// §5.6.1), such as `upgrade` in `Connection: keep-alive, Upgrade`. Compares without regard to ASCII case.
    package func hasToken(_ token: String, in name: String) -> Bool {
        var next = index(of: name)
        while let index = next {
            if hasElement(token.utf8.span, in: lines[index].value) { return true }
            next = self.index(of: name, from: index + 1)
        }
        return false
    }

    /// The elements of the comma-separated list that all fields of that name make up, without the white space around
    /// them and without empty ones. For lists whose elements hold no quoted commas.
    package func list(_ name: String) -> [String] {
        guard contains(name) else { return [] }
        return all(name).flatMap { value in
            value.utf8.split(separator: Octet.comma).map { element in
                String(Substring(Octet.trimmed(element)))
            }.filter { !$0.isEmpty }
        }
    }

    /// `value` with a space for each control character but HTAB.
    static func harmless(_ value: String) -> String {
        guard value.utf8.contains(where: isHarmful) else { return value }
        return String(decoding: value.utf8.map { isHarmful($0) ? Octet.space : $0 }, as: UTF8.self)
    }

    private static func isHarmful(_ byte: UInt8) -> Bool { Octet.isControl(byte) && byte != Octet.tab }
}

// MARK: - Bytes

extension HTTPHeaders {
    /// Makes room for a section of so many bytes.
    mutating func reserve(_ bytes: Int) {
        text.reserveCapacity(bytes)
        lines.reserveCapacity(Self.usualLines)
    }

    /// Field lines of a usual request; more cost a copy.
    private static let usualLines = 16

    /// Appends a line that was received and checked: the parts of `bytes` that it names.
    mutating func append(_ line: FieldLine, of bytes: ArraySlice<UInt8>) {
        let start = text.count
        text.append(contentsOf: bytes[line.name])
        let valueStart = text.count
        var written = text.mutableSpan
        for index in start..<valueStart { written[index] = Octet.lowercased(written[index]) }
        text.append(contentsOf: bytes[line.value])
        appendLine(start, valueStart)
    }

    /// The value of the first field of that name, without making a string of it.
    func firstBytes(_ name: String) -> ArraySlice<UInt8>? { firstLine(name).map { text[$0.value] } }

    /// How many field lines have that name.
    func count(of name: String) -> Int {
        var count = 0
        var next = index(of: name)
        while let index = next {
            count += 1
            next = self.index(of: name, from: index + 1)
        }
        return count
    }

    func nameBytes(_ line: Line) -> ArraySlice<UInt8> { text[line.name] }
    func valueBytes(_ line: Line) -> ArraySlice<UInt8> { text[line.value] }

    /// Whether the line has one of these names.
    func isNamed(_ line: Line, oneOf names: [String]) -> Bool {
        names.contains { isNamed(line, $0.utf8.span) }
    }

    private mutating func appendLine(_ start: Int, _ valueStart: Int) {
        lines.append(Line(start: UInt32(start), valueStart: UInt32(valueStart), end: UInt32(text.count)))
    }

    private func firstLine(_ name: String) -> Line? { index(of: name).map { lines[$0] } }

    /// The first line at or behind `from` that has the name.
    private func index(of name: String, from: Int = 0) -> Int? {
        let name = name.utf8.span
        for index in from..<lines.count where isNamed(lines[index], name) { return index }
        return nil
    }

    @inline(__always)
    private func isNamed(_ line: Line, _ name: borrowing Span<UInt8>) -> Bool {
        guard Int(line.valueStart &- line.start) == name.count else { return false }
        return equals(line.name, name)
    }

    /// Whether a part of `text` is `other` without regard to ASCII case; both have the same length.
    private func equals(_ part: Range<Int>, _ other: borrowing Span<UInt8>) -> Bool {
        let text = text.span
        for offset in other.indices
        where Octet.lowercased(text[part.lowerBound + offset]) != Octet.lowercased(other[offset]) { return false }
        return true
    }

    /// Whether one of the elements between commas in a part of `text` is `token`.
    private func hasElement(_ token: borrowing Span<UInt8>, in part: Range<Int>) -> Bool {
        var start = part.lowerBound
        while start < part.upperBound {
            let end = text[start..<part.upperBound].firstIndex(of: Octet.comma) ?? part.upperBound
            let element = Octet.trimmed(text[start..<end]).indices
            if !element.isEmpty, element.count == token.count, equals(element, token) { return true }
            start = end + 1
        }
        return false
    }

    private func string(_ part: Range<Int>) -> String { String(decoding: text[part], as: UTF8.self) }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }
}

extension HTTPHeaders: Equatable {
    /// The same lines in the same order: names without regard to case, values exactly.
    package static func == (left: Self, right: Self) -> Bool {
        left.lines.count == right.lines.count
            && zip(left.lines, right.lines).allSatisfy { mine, other in
                left.isNamed(mine, right.nameBytes(other).span) && left.valueBytes(mine) == right.valueBytes(other)
            }
    }
}

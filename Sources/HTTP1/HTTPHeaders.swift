/// The header fields of one message, in order. Names compare without regard to case (RFC 9110 §5.1). Names that came
/// from a peer are in lower case; names that we add keep the case they were given for the wire.
///
/// A header section held here can never split a message: a value has no control character but HTAB, a name is a token.
package struct HTTPHeaders: Sendable {
    /// One field line.
    package struct Field: Sendable {
        /// As it goes to the wire.
        package let name: String
        package let value: String
        /// The name in lower case, which is what names are compared by.
        let key: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package var count: Int { fields.count }
    package var isEmpty: Bool { fields.isEmpty }

    /// The value of the first field of that name.
    package func first(_ name: String) -> String? {
        let key = Self.key(name)
        return fields.first { $0.key == key }?.value
    }

    /// The values of all fields of that name, in order, one per field line; a comma inside a value is not looked at.
    package func all(_ name: String) -> [String] {
        let key = Self.key(name)
        return fields.compactMap { $0.key == key ? $0.value : nil }
    }

    package func contains(_ name: String) -> Bool {
        let key = Self.key(name)
        return fields.contains { $0.key == key }
    }

    /// Appends a field line behind those that are there. The name must be a token: names are written by us, never
    /// taken from outside. In the value each control character becomes a space (RFC 9110 §5.5 asks that of CR, LF and
    /// NUL), so that a value from outside can at worst say nonsense, never add a field or a response.
    package mutating func add(_ name: String, _ value: String) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(Octet.isToken), "a header name is a token")
        fields.append(Field(name: name, value: Self.harmless(value), key: Self.key(name)))
    }

    /// Replaces every field of that name by one; it stands last. The same terms as `add`.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    package mutating func remove(_ name: String) {
        let key = Self.key(name)
        fields.removeAll { $0.key == key }
    }

    /// Whether `token` is an element of the comma-separated list that all fields of that name make up (RFC 9110
    /// §5.6.1), such as `upgrade` in `Connection: keep-alive, Upgrade`. Compares without regard to ASCII case.
    package func hasToken(_ token: String, in name: String) -> Bool {
        let key = Self.key(name)
        let wanted = Self.key(token).utf8
        return fields.contains { field in
            field.key == key
                && field.value.utf8.split(separator: Octet.comma).contains { element in
                    let element = Octet.trimmed(element)
                    return element.count == wanted.count
                        && zip(element, wanted).allSatisfy { Octet.lowercased($0) == $1 }
                }
        }
    }

    /// The elements of the comma-separated list that all fields of that name make up, without the white space around
    /// them and without empty ones. For lists whose elements hold no quoted commas.
    package func list(_ name: String) -> [String] {
        all(name).flatMap { value in
            value.utf8.split(separator: Octet.comma).map { element in
                String(Substring(Octet.trimmed(element)))
            }.filter { !$0.isEmpty }
        }
    }

    /// Appends a line that was received and checked.
    mutating func append(_ line: FieldLine) {
        fields.append(Field(name: line.name, value: line.value, key: line.name))
    }

    private static func key(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else { return name }
        return String(decoding: name.utf8.map(Octet.lowercased), as: UTF8.self)
    }

    /// `value` with a space for each control character but HTAB.
    static func harmless(_ value: String) -> String {
        let isBad = { (byte: UInt8) in Octet.isControl(byte) && byte != Octet.tab }
        guard value.utf8.contains(where: isBad) else { return value }
        return String(decoding: value.utf8.map { isBad($0) ? Octet.space : $0 }, as: UTF8.self)
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }
}

extension HTTPHeaders.Field: Equatable {
    /// Names without regard to case, values exactly.
    package static func == (left: Self, right: Self) -> Bool { left.key == right.key && left.value == right.value }
}

extension HTTPHeaders: Equatable {}

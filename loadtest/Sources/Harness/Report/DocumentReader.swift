internal import JSON

/// A value inside a JSON document that somebody else wrote, with where it stands (a JSON pointer, RFC 6901): what is missing or of
/// the wrong kind is told with its place.
struct DocumentReader {
    let value: JSONValue?
    /// What the document is called in faults, as its path.
    let name: String
    let pointer: String

    init(_ value: JSONValue?, name: String, pointer: String = "") {
        self.value = value
        self.name = name
        self.pointer = pointer
    }

    subscript(member: String) -> DocumentReader {
        DocumentReader(value?[member], name: name, pointer: "\(pointer)/\(member)")
    }

    subscript(index: Int) -> DocumentReader {
        DocumentReader(value?[index], name: name, pointer: "\(pointer)/\(index)")
    }

    /// nil when it is missing or `null`.
    var ifPresent: DocumentReader? {
        guard let value, !value.isNull else { return nil }
        return self
    }

    var text: String { get throws(LoadFailure) { try whatIs(value?.string, "a string") } }
    var bool: Bool { get throws(LoadFailure) { try whatIs(value?.bool, "true or false") } }
    var number: Double { get throws(LoadFailure) { try whatIs(value?.double, "a number") } }
    var integer: Int64 { get throws(LoadFailure) { try whatIs(value?.integer, "a whole number") } }
    var object: JSONObject { get throws(LoadFailure) { try whatIs(value?.object, "an object") } }

    /// A whole number that is not negative.
    var count: Int {
        get throws(LoadFailure) {
            try whatIs(value?.integer.flatMap { $0 < 0 ? nil : Int(exactly: $0) }, "a whole number from 0 on")
        }
    }

    var items: [DocumentReader] {
        get throws(LoadFailure) {
            let count = try whatIs(value?.array, "an array").count
            return (0..<count).map { self[$0] }
        }
    }

    var members: [(name: String, reader: DocumentReader)] {
        get throws(LoadFailure) { try object.members.map { ($0.name, self[$0.name]) } }
    }

    var texts: [String] {
        get throws(LoadFailure) {
            var texts: [String] = []
            for item in try items { texts.append(try item.text) }
            return texts
        }
    }

    /// Numbers with `null` where none was measured.
    var numbersOrNull: [Double?] {
        get throws(LoadFailure) {
            var numbers: [Double?] = []
            for item in try items { numbers.append(try item.ifPresent?.number) }
            return numbers
        }
    }

    func failure(_ what: String) -> LoadFailure {
        LoadFailure(.usage, "\(name): \(pointer.isEmpty ? "the document" : pointer) \(what)")
    }

    private func whatIs<Value>(_ found: Value?, _ kind: String) throws(LoadFailure) -> Value {
        guard let found else { throw failure(value == nil ? "is missing" : "is not \(kind)") }
        return found
    }
}

internal import JSON

/// One object of a scenario document, read member by member: each with its range, and with the place (a JSON pointer, RFC 6901)
/// in what is said about a wrong one. What nobody has read when `refuseOthers` is called is refused, so that a misspelt member
/// is never passed over.
struct ScenarioFields {
    /// Where this object stands in the document: empty for the whole of it.
    let pointer: String
    private let object: JSONObject
    private var known: Set<String> = []

    init(_ object: JSONObject, at pointer: String) {
        self.object = object
        self.pointer = pointer
    }

    init(_ value: JSONValue, at pointer: String) throws(LoadFailure) {
        guard let object = value.object else { throw Self.failure(pointer, "has to be an object") }
        self.init(object, at: pointer)
    }

    /// The names of all members, in the document's order.
    var names: [String] { object.members.map(\.name) }

    func place(_ name: String) -> String {
        let escaped = name.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }
        return "\(pointer)/\(String(escaped))"
    }

    func failure(_ name: String, _ what: String) -> LoadFailure { Self.failure(place(name), what) }

    static func failure(_ pointer: String, _ what: String) -> LoadFailure {
        LoadFailure(.usage, "\(pointer.isEmpty ? "the document" : pointer): \(what)")
    }

    /// The member as it stands; nil when it is not there.
    mutating func value(_ name: String) -> JSONValue? {
        known.insert(name)
        return object[name]
    }

    /// A whole number in `range`; nil when it is not there.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(LoadFailure) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = value.integer.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw failure(name, "has to be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func integer(
        _ name: String, in range: ClosedRange<Int>, default fallback: Int
    ) throws(LoadFailure) -> Int {
        try integer(name, in: range) ?? fallback
    }

    /// A number in `range`; nil when it is not there.
    mutating func number(_ name: String, in range: ClosedRange<Double>) throws(LoadFailure) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw failure(
                name, "has to be a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))")
        }
        return number
    }

    mutating func number(
        _ name: String, in range: ClosedRange<Double>, default fallback: Double
    ) throws(LoadFailure) -> Double {
        try number(name, in: range) ?? fallback
    }

    /// A number in `range` that has to be there.
    mutating func requiredNumber(_ name: String, in range: ClosedRange<Double>) throws(LoadFailure) -> Double {
        guard let number = try number(name, in: range) else { throw failure(name, "is missing") }
        return number
    }

    mutating func boolean(_ name: String, default fallback: Bool) throws(LoadFailure) -> Bool {
        guard let value = value(name) else { return fallback }
        guard let boolean = value.bool else { throw failure(name, "has to be true or false") }
        return boolean
    }

    /// A text of 1 to `maxBytes` bytes without control characters; nil when it is not there.
    mutating func text(_ name: String, maxBytes: Int = 200) throws(LoadFailure) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string, (1...maxBytes).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 })
        else { throw failure(name, "has to be a text of 1 to \(maxBytes) bytes in one line") }
        return text
    }

    mutating func text(_ name: String, default fallback: String) throws(LoadFailure) -> String {
        try text(name) ?? fallback
    }

    /// One of `choices`; nil when it is not there.
    mutating func choice<Choice>(_ name: String) throws(LoadFailure) -> Choice?
    where Choice: RawRepresentable<String>, Choice: CaseIterable {
        guard let value = value(name) else { return nil }
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure(name, "has to be one of \(known)")
        }
        return choice
    }

    /// The member's own members; nil when it is not there.
    mutating func fields(_ name: String) throws(LoadFailure) -> ScenarioFields? {
        guard let value = value(name) else { return nil }
        return try ScenarioFields(value, at: place(name))
    }

    /// The items of a list of objects; none when it is not there.
    mutating func list(_ name: String, maxCount: Int) throws(LoadFailure) -> [ScenarioFields] {
        guard let value = value(name) else { return [] }
        guard let items = value.array, items.count <= maxCount else {
            throw failure(name, "has to be a list of at most \(maxCount)")
        }
        var fields: [ScenarioFields] = []
        for (index, item) in items.enumerated() {
            fields.append(try ScenarioFields(item, at: "\(place(name))/\(index)"))
        }
        return fields
    }

    /// Throws for the first member that nobody has asked for.
    func refuseOthers() throws(LoadFailure) {
        for name in names where !known.contains(name) {
            let others = known.sorted().joined(separator: ", ")
            throw failure(name, others.isEmpty ? "no member is known here" : "is not known here; known are \(others)")
        }
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}

package import JSON
package import Primitives

/// A member of a stored JSON object is missing or of another type: what was written cannot be read.
package struct JSONFieldFailure: Error, Sendable, Equatable {
    package let field: String
}

/// The members of one JSON object, read strictly: a member that is there with another type is a failure, never a default.
package struct JSONFields: Sendable {
    private let object: JSONObject

    package init(_ json: JSONValue, as field: String = "") throws(JSONFieldFailure) {
        guard let object = json.object else { throw JSONFieldFailure(field: field) }
        self.object = object
    }

    /// nil when the member is missing or null.
    package func value(ifPresent name: String) -> JSONValue? {
        // `nil` written for a JSONValue is JSON's null, not its absence.
        guard let value = object[name], !value.isNull else { return Optional.none }
        return value
    }

    /// The whole object.
    var json: JSONValue { .object(object) }

    func has(_ name: String) -> Bool { if case .some = value(ifPresent: name) { true } else { false } }

    package func value(_ name: String) throws(JSONFieldFailure) -> JSONValue {
        guard let value = value(ifPresent: name) else { throw JSONFieldFailure(field: name) }
        return value
    }

    package func string(_ name: String) throws(JSONFieldFailure) -> String {
        guard let text = try value(name).string else { throw JSONFieldFailure(field: name) }
        return text
    }

    package func string(ifPresent name: String) throws(JSONFieldFailure) -> String? {
        has(name) ? try string(name) : nil
    }

    package func integer(_ name: String) throws(JSONFieldFailure) -> Int64 {
        guard case .integer(let number) = try value(name) else { throw JSONFieldFailure(field: name) }
        return number
    }

    package func integer(ifPresent name: String) throws(JSONFieldFailure) -> Int64? {
        has(name) ? try integer(name) : nil
    }

    /// A count or a number of an attempt: 0 or more.
    package func count(_ name: String) throws(JSONFieldFailure) -> Int {
        guard let count = Int(exactly: try integer(name)), count >= 0 else { throw JSONFieldFailure(field: name) }
        return count
    }

    /// False when the member is missing.
    package func flag(_ name: String) throws(JSONFieldFailure) -> Bool {
        guard let value = value(ifPresent: name) else { return false }
        guard let flag = value.bool else { throw JSONFieldFailure(field: name) }
        return flag
    }

    package func choice<Choice: RawRepresentable<String>>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) throws(JSONFieldFailure) -> Choice {
        guard let choice = Choice(rawValue: try string(name)) else { throw JSONFieldFailure(field: name) }
        return choice
    }

    /// RFC 3339.
    package func time(_ name: String) throws(JSONFieldFailure) -> Timestamp {
        guard let time = Timestamp(rfc3339: try string(name)) else { throw JSONFieldFailure(field: name) }
        return time
    }

    package func time(ifPresent name: String) throws(JSONFieldFailure) -> Timestamp? {
        has(name) ? try time(name) : nil
    }

    package func part<Part: JSONReadable>(
        _ name: String, _ type: Part.Type = Part.self
    ) throws(JSONFieldFailure) -> Part {
        try Part(fields: JSONFields(try value(name), as: name))
    }

    package func part<Part: JSONReadable>(
        ifPresent name: String, _ type: Part.Type = Part.self
    ) throws(JSONFieldFailure) -> Part? {
        has(name) ? try part(name, type) : nil
    }

    /// Empty when the member is missing.
    package func parts<Part: JSONReadable>(
        _ name: String, _ type: Part.Type = Part.self
    ) throws(JSONFieldFailure) -> [Part] {
        guard let value = value(ifPresent: name) else { return [] }
        guard let items = value.array else { throw JSONFieldFailure(field: name) }
        var parts: [Part] = []
        for item in items { parts.append(try Part(fields: JSONFields(item, as: name))) }
        return parts
    }

    /// Empty when the member is missing.
    package func strings(_ name: String) throws(JSONFieldFailure) -> [String] {
        guard let value = value(ifPresent: name) else { return [] }
        guard let items = value.array else { throw JSONFieldFailure(field: name) }
        let strings = items.compactMap(\.string)
        guard strings.count == items.count else { throw JSONFieldFailure(field: name) }
        return strings
    }
}

/// A value that is stored as a JSON object and read back strictly.
package protocol JSONReadable {
    init(fields: JSONFields) throws(JSONFieldFailure)
}

/// What `JSONReadable` reads.
package protocol JSONWritable {
    var object: JSONObject { get }
}

extension JSONWritable {
    package var json: JSONValue { .object(object) }
}

extension JSONReadable {
    /// nil when the text is not what was written.
    package init?(json: JSONValue) {
        do { try self.init(fields: JSONFields(json)) } catch { return nil }
    }
}

extension JSONFields {
    /// Baht as a string.
    package func satang(_ name: String) throws(JSONFieldFailure) -> Satang {
        guard let amount = Satang(decimal: try string(name)) else { throw JSONFieldFailure(field: name) }
        return amount
    }
}

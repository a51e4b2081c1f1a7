internal import Domain
internal import JSON
internal import Primitives
internal import WireProtocol

/// What is wrong with one field of a request, as platforms' own envelopes list it.
struct FieldViolation: Error, Sendable, Equatable {
    enum Code: String, Sendable {
        case required = "REQUIRED"
        case format = "INVALID_FORMAT"
        case value = "INVALID_VALUE"
        case range = "OUT_OF_RANGE"
    }

    let field: String
    /// For a person.
    let message: String
    let code: Code
}

/// The members of an order to pay, read by name: everything that is wrong with them is told at once. Unknown members are ignored.
///
/// Decimals are read as they are written, whether they stand in the body as numbers or as texts.
struct OrderFields {
    private let object: JSONObject
    private(set) var violations: [FieldViolation] = []

    init(_ body: [UInt8]) throws(Fault) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parseExactly(body) } catch {
            throw Fault(.malformed, "the body is not JSON")
        }
        guard let object = value.object else { throw Fault(.malformed, "the body is not a JSON object") }
        self.object = object
    }

    init(_ object: JSONObject) { self.object = object }

    /// Null and absence are one.
    subscript(name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    mutating func report(_ field: String, _ message: String, _ code: FieldViolation.Code) {
        violations.append(FieldViolation(field: field, message: message, code: code))
    }

    private mutating func require(_ name: String) -> JSONValue? {
        if let value = self[name] { return value }
        report(name, "\(name) is required", .required)
        return nil
    }

    /// Above zero and at most `max`, with two decimals at most; nil where it is not, or missing.
    mutating func amount(_ name: String = "amount", _ max: Money) -> Money? {
        require(name) == nil ? nil : amount(ifPresent: name, max)
    }

    mutating func amount(ifPresent name: String, _ max: Money) -> Money? {
        guard let value = self[name] else { return nil }
        guard let amount = Money(value, max.currency) else {
            report(name, "\(name) must be a positive number with at most 2 decimals", .format)
            return nil
        }
        guard !amount.isZero, amount.hundredths <= max.hundredths else {
            report(name, "\(name) must be above 0 and at most \(max.decimal)", .range)
            return nil
        }
        return amount
    }

    /// One of the cases; nil where it is not.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ type: Choice.Type = Choice.self
    ) -> Choice? {
        guard let value = require(name) else { return nil }
        if let choice = value.string.flatMap(Choice.init(rawValue:)) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        report(name, "\(name) must be one of \(choices)", .value)
        return nil
    }

    mutating func text(ifPresent name: String, maxBytes: Int) -> String? {
        guard let value = self[name] else { return nil }
        if let text = value.string, (1...maxBytes).contains(text.utf8.count) { return text }
        report(name, "\(name) must be a text of 1 to \(maxBytes) bytes", .format)
        return nil
    }

    mutating func text(_ name: String, maxBytes: Int) -> String? {
        require(name) == nil ? nil : text(ifPresent: name, maxBytes: maxBytes)
    }

    /// The id of a session.
    mutating func id(ifPresent name: String) -> String? {
        guard let value = self[name] else { return nil }
        if let id = value.string, SessionAddress.isValid(id: id) { return id }
        report(name, "\(name) must be an id", .format)
        return nil
    }

    mutating func id(_ name: String) -> String? { require(name) == nil ? nil : id(ifPresent: name) }
}

internal import HTTP1
internal import JSON
internal import Primitives

/// The members of a request's JSON object, read by name. What is wrong is refused with the name of its field; unknown members
/// are ignored.
struct BodyFields: Sendable {
    /// A field that may be left out (`absent`: what there was stays) or emptied by null.
    enum Optional<Value: Sendable>: Sendable {
        case absent, null
        case value(Value)

        /// What stands after the change.
        func or(_ present: Value?) -> Value? {
            switch self {
            case .absent: present
            case .null: nil
            case .value(let value): value
            }
        }
    }

    private let object: JSONObject

    /// - Parameter exact: numbers with decimals come as texts of their digits.
    init(_ request: HTTPRequest, exact: Bool = false) throws(SlipServiceRefusal) {
        let value: JSONValue
        do throws(JSONError) {
            value = exact ? try JSONParser.parseExactly(request.body) : try JSONParser.parse(request.body)
        } catch {
            throw SlipServiceRefusal(.badRequest, "the body is not JSON")
        }
        guard let object = value.object else { throw SlipServiceRefusal(.badRequest, "the body is not a JSON object") }
        self.object = object
    }

    subscript(name: String) -> JSONValue? { object[name] }

    func text(ifPresent name: String, _ rule: TextRule) throws(SlipServiceRefusal) -> Optional<String> {
        guard let value = object[name] else { return .absent }
        if value.isNull { return .null }
        guard let text = value.string, rule.isValid(text) else { throw .invalid(name, rule.words) }
        return .value(text)
    }

    func text(_ name: String, _ rule: TextRule) throws(SlipServiceRefusal) -> String {
        guard case .value(let text) = try text(ifPresent: name, rule) else { throw .invalid(name, "is missing") }
        return text
    }

    /// Null and absence are one.
    func text(optional name: String, _ rule: TextRule) throws(SlipServiceRefusal) -> String? {
        try text(ifPresent: name, rule).or(nil)
    }

    func secret(ifPresent name: String, _ rule: TextRule) throws(SlipServiceRefusal) -> Optional<Secret> {
        switch try text(ifPresent: name, rule) {
        case .absent: .absent
        case .null: .null
        case .value(let text): .value(Secret(text))
        }
    }

    /// nil: absent. Null is no answer to a yes-or-no.
    func flag(_ name: String) throws(SlipServiceRefusal) -> Bool? {
        guard let value = object[name] else { return nil }
        guard let flag = value.bool else { throw .invalid(name, "is true or false") }
        return flag
    }

    func integer(_ name: String, _ range: ClosedRange<Int>) throws(SlipServiceRefusal) -> Int? {
        guard let value = object[name] else { return nil }
        guard case .integer(let number) = value, let number = Int(exactly: number), range.contains(number) else {
            throw .invalid(name, "is a whole number, \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

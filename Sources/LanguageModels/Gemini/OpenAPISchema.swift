package import JSON

/// A neutral JSON Schema in Gemini's subset of OpenAPI 3.0: upper-case types, `nullable` instead of a null type, and only the
/// keywords that it knows. Pure.
package enum OpenAPISchema {
    private static let keptKeywords: Set<String> = [
        "description", "required", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern",
        "nullable",
    ]
    /// Other formats are refused.
    private static let knownFormats: Set<String> = ["date-time", "enum", "float", "double", "int32", "int64"]

    package static func translate(_ schema: JSONValue) -> JSONValue {
        guard let object = schema.object else { return schema }
        var out = JSONObject()
        for member in object.members {
            switch (member.name, member.value) {
            case ("type", .string(let type)): out["type"] = .string(type.uppercased())
            case ("type", .array(let types)): setType(types, &out)
            case ("enum", .array(let values)): setChoices(values, &out)
            case ("const", let value): setChoices([value], &out)
            case ("format", .string(let format)) where knownFormats.contains(format): out["format"] = member.value
            case ("items", _): out["items"] = translate(member.value)
            case ("properties", .object(let properties)):
                var translated = JSONObject()
                for property in properties.members { translated[property.name] = translate(property.value) }
                out["properties"] = .object(translated)
            case ("anyOf", .array(let choices)), ("oneOf", .array(let choices)): setAlternatives(choices, &out)
            case (let name, let value) where keptKeywords.contains(name): out[name] = value
            default: break
            }
        }
        return .object(out)
    }

    private static func setType(_ types: [JSONValue], _ out: inout JSONObject) {
        let named = types.compactMap(\.string).filter { $0 != "null" }
        if types.contains("null") { out["nullable"] = true }
        if named.count == 1 {
            out["type"] = .string(named[0].uppercased())
        } else if named.count > 1 {
            out["anyOf"] = .array(named.map { ["type": .string($0.uppercased())] })
        }
    }

    /// Only strings can be enumerated.
    private static func setChoices(_ values: [JSONValue], _ out: inout JSONObject) {
        if values.contains(.null) { out["nullable"] = true }
        let strings = values.filter { $0.string != nil }
        if !strings.isEmpty, strings.count == values.filter({ !$0.isNull }).count { out["enum"] = .array(strings) }
    }

    private static func setAlternatives(_ choices: [JSONValue], _ out: inout JSONObject) {
        let others = choices.filter { $0["type"] != "null" }
        if others.count < choices.count { out["nullable"] = true }
        if others.count == 1, let only = translate(others[0]).object {
            for member in only.members { out[member.name] = member.value }
        } else {
            out["anyOf"] = .array(others.map(translate))
        }
    }
}

package import JSON

/// A neutral JSON Schema in the form that OpenAI's `strict` mode demands: every property is required, none may be added. A
/// property that was not required may be `null` instead. Pure.
package enum StrictSchema {
    package static func translate(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.object else { return schema }
        if let properties = object["properties"]?.object {
            let required = object["required"]?.array ?? []
            var strict = JSONObject()
            for property in properties.members {
                let translated = translate(property.value)
                strict[property.name] = required.contains(.string(property.name)) ? translated : nullable(translated)
            }
            object["properties"] = .object(strict)
            object["required"] = .array(properties.members.map { .string($0.name) })
            object["additionalProperties"] = false
        } else if object["type"] == "object" {
            object["properties"] = .object(JSONObject())
            object["required"] = []
            object["additionalProperties"] = false
        }
        if let items = object["items"] { object["items"] = translate(items) }
        if let choices = object["anyOf"]?.array { object["anyOf"] = .array(choices.map(translate)) }
        return .object(object)
    }

    private static func nullable(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.object else { return schema }
        if let choices = object["anyOf"]?.array, object["type"] == nil {
            object["anyOf"] = .array(choices.contains(["type": "null"]) ? choices : choices + [["type": "null"]])
            return .object(object)
        }
        switch object["type"] {
        case .string(let type)? where type != "null": object["type"] = [.string(type), "null"]
        case .array(let types)? where !types.contains("null"): object["type"] = .array(types + ["null"])
        default: break
        }
        if let values = object["enum"]?.array, !values.contains(.null) { object["enum"] = .array(values + [.null]) }
        return .object(object)
    }
}

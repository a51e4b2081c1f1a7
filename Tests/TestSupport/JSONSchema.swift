import Foundation
package import JSON
import Synchronization

/// The part of JSON Schema 2020-12 that `Protocol/schemas` uses, for tests that hold what the server writes against it.
/// An unknown keyword fails the test that meets it, so that nothing is passed over in silence.
package enum JSONSchema {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Protocol/schemas")
    private static let loaded = Mutex<[String: JSONValue]>([:])
    private static let silent: Set<String> = [
        "$schema", "title", "description", "default", "format", "examples", "$defs", "then", "else",
    ]

    /// Clients ignore what they do not know, so schemas are open; what the server writes should be in them all the same.
    @TaskLocal private static var isClosed = false

    /// What is wrong with `value` by the schema of that file; empty when nothing is.
    /// - Parameter isClosed: whether members that the schema does not name are wrong.
    package static func violations(of value: JSONValue, _ file: String, isClosed: Bool = false) throws -> [String] {
        var found: [String] = []
        try $isClosed.withValue(isClosed) { try check(value, try load(file), "$", &found) }
        return found
    }

    private static func load(_ file: String) throws -> JSONValue {
        if let schema = loaded.withLock({ $0[file] }) { return schema }
        let schema = try JSONParser.parse([UInt8](Data(contentsOf: folder.appendingPathComponent(file))))
        loaded.withLock { $0[file] = schema }
        return schema
    }

    private static func matches(_ value: JSONValue, _ schema: JSONValue) throws -> Bool {
        var found: [String] = []
        try check(value, schema, "", &found)
        return found.isEmpty
    }

    private static func check(_ value: JSONValue, _ schema: JSONValue, _ path: String, _ found: inout [String]) throws {
        guard let keywords = schema.object else {
            if schema == false { found.append("\(path) is not allowed") }
            return
        }
        for keyword in keywords.members where !silent.contains(keyword.name) {
            try check(value, keyword.name, keyword.value, keywords, path, &found)
        }
    }

    private static func check(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONObject, _ path: String,
        _ found: inout [String]
    ) throws {
        func expect(_ condition: Bool) {
            if !condition {
                found.append("\(path): \(value.text.prefix(80)) breaks \(keyword) \(rule.text.prefix(120))")
            }
        }
        switch keyword {
        case "type":
            let names = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
            expect(names.contains { isOf(value, $0) })
        case "const": expect(value == rule)
        case "enum": expect(rule.array?.contains(value) == true)
        case "required":
            if let object = value.object { expect(rule.array?.allSatisfy { object[$0.string ?? ""] != nil } == true) }
        case "properties":
            // `if` and `then` speak of a part of an object; only who says "object" speaks of all of it.
            if isClosed, schema["type"] == "object", schema["additionalProperties"] == nil {
                for member in value.object?.members ?? [] where rule.object?[member.name] == nil {
                    found.append("\(path).\(member.name) is not in the schema")
                }
            }
            for property in rule.object?.members ?? [] {
                if let member = value.object?[property.name] {
                    try check(member, property.value, "\(path).\(property.name)", &found)
                }
            }
        case "additionalProperties":
            let known = Set(schema["properties"]?.object?.members.map(\.name) ?? [])
            for member in value.object?.members ?? [] where !known.contains(member.name) {
                try check(member.value, rule, "\(path).\(member.name)", &found)
            }
        case "items":
            for (index, item) in (value.array ?? []).enumerated() { try check(item, rule, "\(path)[\(index)]", &found) }
        case "minItems": if let items = value.array { expect(items.count >= Int(rule.integer ?? 0)) }
        case "maxItems": if let items = value.array { expect(items.count <= Int(rule.integer ?? 0)) }
        case "uniqueItems":
            if let items = value.array, rule == true {
                expect(items.indices.allSatisfy { !items[..<$0].contains(items[$0]) })
            }
        case "minLength": if let text = value.string { expect(text.unicodeScalars.count >= Int(rule.integer ?? 0)) }
        case "maxLength": if let text = value.string { expect(text.unicodeScalars.count <= Int(rule.integer ?? 0)) }
        case "minimum": if let number = value.double { expect(number >= rule.double ?? 0) }
        case "maximum": if let number = value.double { expect(number <= rule.double ?? 0) }
        case "exclusiveMinimum": if let number = value.double { expect(number > rule.double ?? 0) }
        case "pattern":
            if let text = value.string, let pattern = rule.string {
                expect(text.range(of: pattern, options: .regularExpression) != nil)
            }
        case "oneOf": expect(try (rule.array ?? []).filter { try matches(value, $0) }.count == 1)
        case "anyOf": expect(try (rule.array ?? []).contains { try matches(value, $0) })
        case "allOf": for part in rule.array ?? [] { try check(value, part, path, &found) }
        case "if":
            if let consequence = schema[try matches(value, rule) ? "then" : "else"] {
                try check(value, consequence, path, &found)
            }
        case "$ref": try check(value, try load(rule.string ?? ""), path, &found)
        default: found.append("\(path): the keyword \(keyword) is not known")
        }
    }

    private static func isOf(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "null": value.isNull
        case "boolean": value.bool != nil
        case "integer": value.integer != nil
        case "number": value.double != nil
        case "string": value.string != nil
        case "array": value.array != nil
        case "object": value.object != nil
        default: false
        }
    }
}

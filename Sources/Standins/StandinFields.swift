internal import HTTP1
internal import JSON
internal import Primitives
internal import Transport

/// The members of a call's body, whether it is JSON or a form (`metadata[order_id]=1001`).
enum StandinFields {
    /// Names within a name.
    static let maxDepth = 8
    static let maxFields = 500

    /// An empty body has none; nil: it is neither.
    static func object(of request: HTTPRequest) -> JSONObject? {
        guard !request.body.isEmpty else { return [:] }
        guard request.headers.first("Content-Type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
        else { return request.json?.object }
        do throws(HTTPViolation) {
            let query = try HTTPQuery(form: request.body)
            guard query.parameters.count <= maxFields else { return nil }
            var object = JSONObject()
            for field in query.parameters {
                guard let path = path(field.name) else { return nil }
                object = put(field.value, at: path[...], in: object)
            }
            return object
        } catch { return nil }
    }

    private static func path(_ name: String) -> [String]? {
        let parts = name.split(separator: "[", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= maxDepth, parts.dropFirst().allSatisfy({ $0.hasSuffix("]") }) else { return nil }
        return [parts[0]] + parts.dropFirst().map { String($0.dropLast()) }
    }

    private static func put(_ value: String, at path: ArraySlice<String>, in object: JSONObject) -> JSONObject {
        var object = object
        guard let name = path.first else { return object }
        let rest = path.dropFirst()
        object[name] = rest.isEmpty ? .string(value) : .object(put(value, at: rest, in: object[name]?.object ?? [:]))
        return object
    }
}

extension JSONValue {
    /// A whole number, or its digits: forms have nothing else.
    var wholeNumber: Int64? { integer ?? string.flatMap { Int64($0) } }
}

extension HTTPRequest {
    /// The user of HTTP Basic (RFC 7617): where payment gateways take their key.
    var basicUser: String? {
        guard let field = headers.first("Authorization"), field.lowercased().hasPrefix("basic "),
            let bytes = Base64.decode(field.utf8.dropFirst(6)), let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return String(text.prefix { $0 != ":" })
    }
}

extension RandomSource {
    /// An identifier such as `chrg_test_5k3…`, with so many characters behind the prefix: at most 26.
    func identifier(_ prefix: String, digits: Int) -> String {
        String(identifier(prefix).prefix(prefix.utf8.count + 1 + digits))
    }

    /// A number of so many decimal digits, the first of which is not 0.
    func number(digits: Int) -> String {
        var text = String(1 + uint64() % 9)
        for _ in 1..<digits { text += String(uint64() % 10) }
        return text
    }
}

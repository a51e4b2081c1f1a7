internal import JSON

/// Reads the properties of one object and knows where it stands. `null` counts as left out.
struct WebhookReader {
    private let object: JSONObject
    private let path: String
    let limits: WebhookLimits

    init(_ value: JSONValue, _ path: String, _ limits: WebhookLimits) throws(WebhookViolation) {
        guard let object = value.object else { throw WebhookViolation(.wrongType, path) }
        self.object = object
        self.path = path
        self.limits = limits
    }

    func violation(_ reason: WebhookViolation.Reason, _ name: StaticString) -> WebhookViolation {
        WebhookViolation(reason, path.isEmpty ? "\(name)" : "\(path).\(name)")
    }

    private subscript(name: StaticString) -> JSONValue? {
        // Not with `nil` in a conditional of values: that would be JSON's null.
        guard let value = object["\(name)"], !value.isNull else { return nil }
        return value
    }

    /// An object within; nil when it is left out.
    func child(_ name: StaticString) throws(WebhookViolation) -> WebhookReader? {
        guard let value = self[name] else { return nil }
        return try WebhookReader(value, path.isEmpty ? "\(name)" : "\(path).\(name)", limits)
    }

    func requiredChild(_ name: StaticString) throws(WebhookViolation) -> WebhookReader {
        guard let child = try child(name) else { throw violation(.missing, name) }
        return child
    }

    /// At most `maxTextBytes` of UTF-8.
    func text(_ name: StaticString, required: Bool = false) throws(WebhookViolation) -> String? {
        guard let value = self[name] else {
            if required { throw violation(.missing, name) }
            return nil
        }
        guard let text = value.string else { throw violation(.wrongType, name) }
        guard text.utf8.count <= limits.maxTextBytes else { throw violation(.tooLong, name) }
        return text
    }

    func requiredText(_ name: StaticString) throws(WebhookViolation) -> String {
        guard let text = try text(name, required: true) else { throw violation(.missing, name) }
        return text
    }

    /// One or more of the characters that mean themselves in a path (RFC 3986 §2.3): ids stand in URLs.
    func identifier(_ name: StaticString, required: Bool) throws(WebhookViolation) -> String? {
        try word(name, required: required) { byte in
            switch byte {
            case 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0x7E: true
            default: false
            }
        }
    }

    func requiredIdentifier(_ name: StaticString) throws(WebhookViolation) -> String {
        guard let text = try identifier(name, required: true) else { throw violation(.missing, name) }
        return text
    }

    /// One or more visible ASCII characters: tokens stand in JSON only.
    func token(_ name: StaticString) throws(WebhookViolation) -> String? {
        try word(name, required: false) { (0x21...0x7E).contains($0) }
    }

    private func word(
        _ name: StaticString, required: Bool, _ isAllowed: (UInt8) -> Bool
    ) throws(WebhookViolation) -> String? {
        guard let text = try text(name, required: required) else { return nil }
        guard text.utf8.count <= limits.maxIdentifierBytes else { throw violation(.tooLong, name) }
        // Two dots are a path's parent.
        guard !text.isEmpty, text.utf8.allSatisfy(isAllowed), text != ".", text != ".." else {
            throw violation(.malformed, name)
        }
        return text
    }

    func bool(_ name: StaticString) throws(WebhookViolation) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let bool = value.bool else { throw violation(.wrongType, name) }
        return bool
    }

    /// Not negative.
    func count(_ name: StaticString) throws(WebhookViolation) -> Int64? {
        guard let value = self[name] else { return nil }
        guard case .integer(let count) = value else { throw violation(.wrongType, name) }
        guard count >= 0 else { throw violation(.malformed, name) }
        return count
    }

    func requiredCount(_ name: StaticString) throws(WebhookViolation) -> Int64 {
        guard let count = try count(name) else { throw violation(.missing, name) }
        return count
    }

    func requiredNumber(_ name: StaticString) throws(WebhookViolation) -> Double {
        guard let value = self[name] else { throw violation(.missing, name) }
        guard let number = value.double else { throw violation(.wrongType, name) }
        return number
    }

    /// A flat object of texts.
    func texts(_ name: StaticString) throws(WebhookViolation) -> [String: String] {
        guard let value = self[name] else { return [:] }
        guard let members = value.object?.members else { throw violation(.wrongType, name) }
        guard members.count <= limits.maxParameters else { throw violation(.tooLong, name) }
        var texts: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else { throw violation(.wrongType, name) }
            guard member.name.utf8.count <= limits.maxIdentifierBytes, text.utf8.count <= limits.maxTextBytes else {
                throw violation(.tooLong, name)
            }
            texts[member.name] = text
        }
        return texts
    }
}

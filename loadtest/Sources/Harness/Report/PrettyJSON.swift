internal import JSON

/// JSON that people read: a member a line; what is short and flat stays on one line.
enum PrettyJSON {
    private static let maxLine = 72

    static func text(_ value: JSONValue, indent: String = "") -> String {
        let flat = value.text
        if flat.utf8.count + indent.utf8.count <= maxLine { return spaced(value) }
        let inner = indent + "  "
        switch value {
        case .array(let items):
            let lines = items.map { inner + text($0, indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
        case .object(let object):
            let lines = object.members.map { member in
                inner + JSONValue.string(member.name).text + ": " + text(member.value, indent: inner)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
        default: return flat
        }
    }

    private static func spaced(_ value: JSONValue) -> String {
        switch value {
        case .array(let items): "[" + items.map(spaced).joined(separator: ", ") + "]"
        case .object(let object):
            "{"
                + object.members.map { JSONValue.string($0.name).text + ": " + spaced($0.value) }.joined(
                    separator: ", ")
                + "}"
        default: value.text
        }
    }
}

internal import JSON

/// One value of a lifecycle's document, and where it stands: what reads it can say where the mistake is.
struct LifecycleNode {
    let value: JSONValue
    /// A JSON pointer (RFC 6901).
    let path: String

    /// Of an unknown member's name in a pointer; a longer one is said to be wrong where its object stands.
    private static let maxPointerScalars = 64

    init(_ value: JSONValue, at path: String = "") {
        self.value = value
        self.path = path
    }

    /// Refuses members that are not among `required` and `optional`, and what is no object or lacks a required one.
    func object(_ required: [String], optional: [String] = []) throws(LifecycleFault) {
        guard let object = value.object else { throw fault("it is a JSON object") }
        for member in object.members where !required.contains(member.name) && !optional.contains(member.name) {
            let isShort = member.name.unicodeScalars.count <= Self.maxPointerScalars
            let place = isShort ? "\(path)/\(Self.escaped(member.name))" : path
            throw LifecycleFault(path: place, detail: "there is no member \(Lifecycle.quoted(member.name))")
        }
        for name in required where object[name] == nil { throw fault("\(name) is missing") }
    }

    func member(ifPresent name: String) -> LifecycleNode? {
        value[name].map { LifecycleNode($0, at: "\(path)/\(name)") }
    }

    func member(_ name: String) throws(LifecycleFault) -> LifecycleNode {
        guard let member = member(ifPresent: name) else { throw fault("\(name) is missing") }
        return member
    }

    func string() throws(LifecycleFault) -> String {
        guard let text = value.string else { throw fault("it is a text") }
        return text
    }

    func string(_ name: String) throws(LifecycleFault) -> String { try member(name).string() }

    /// False when it is missing.
    func flag(_ name: String) throws(LifecycleFault) -> Bool {
        guard let member = member(ifPresent: name) else { return false }
        guard let flag = member.value.bool else { throw member.fault("it is true or false") }
        return flag
    }

    func items(_ name: String) throws(LifecycleFault) -> [LifecycleNode] {
        let list = try member(name)
        guard let items = list.value.array else { throw list.fault("it is a list") }
        return items.enumerated().map { LifecycleNode($1, at: "\(list.path)/\($0)") }
    }

    func strings(_ name: String) throws(LifecycleFault) -> [String] {
        var strings: [String] = []
        for item in try items(name) { strings.append(try item.string()) }
        return strings
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type = Choice.self
    ) throws(LifecycleFault) -> Choice {
        guard let choice = Choice(rawValue: try string()) else {
            throw fault("it is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func fault(_ detail: String) -> LifecycleFault { LifecycleFault(path: path, detail: detail) }

    /// RFC 6901 §3.
    private static func escaped(_ name: String) -> String {
        var escaped = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

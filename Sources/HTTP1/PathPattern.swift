/// A route's path with its parameters: `/v1/sessions/{kind}/{id}/log`, `/v1/orders/{number:integer}`,
/// `/console/{rest...}`.
///
/// A literal segment equals the decoded segment of a path. `{name}` takes one segment that is not empty.
/// `{name:integer}` takes one that is a decimal number without sign that fits `Int64`. `{name...}` stands last and
/// takes the rest, joined by `/`, perhaps empty; `/console/{rest...}` matches `/console/` but not `/console`.
package struct PathPattern: Sendable, Equatable {
    enum Component: Sendable, Equatable {
        case literal(String)
        case text(String)
        case integer(String)
        case rest(String)
    }

    let components: [Component]

    /// Nil unless the text starts with `/`, parameter names are unique and not empty, braces close, and a rest is last.
    package init?(_ text: String) {
        guard text.first == "/" else { return nil }
        var components: [Component] = []
        var names = Set<String>()
        for segment in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if case .rest = components.last { return nil }
            guard segment.first == "{" else {
                guard !segment.contains("{"), !segment.contains("}") else { return nil }
                components.append(.literal(String(segment)))
                continue
            }
            guard segment.last == "}" else { return nil }
            let body = segment.dropFirst().dropLast()
            let name = String(body.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            guard !name.isEmpty, names.insert(name).inserted else { return nil }
            switch body.dropFirst(name.count) {
            case "": components.append(.text(name))
            case ":integer": components.append(.integer(name))
            case "...": components.append(.rest(name))
            default: return nil
            }
        }
        self.components = components
    }

    /// Whether these segments of a path are one that the router would find by this pattern, if it had no other.
    func matches(_ segments: [String]) -> Bool {
        for (index, component) in components.enumerated() {
            if case .rest = component { return index < segments.count }
            guard index < segments.count else { return false }
            switch component {
            case .literal(let text): guard segments[index] == text else { return false }
            case .text: guard !segments[index].isEmpty else { return false }
            case .integer:
                guard segments[index].utf8.allSatisfy(Octet.isDigit), Int64(segments[index]) != nil else {
                    return false
                }
            case .rest: break
            }
        }
        return segments.count == components.count
    }

    var names: [String] {
        components.compactMap { component in
            switch component {
            case .literal: nil
            case .text(let name), .integer(let name), .rest(let name): name
            }
        }
    }
}

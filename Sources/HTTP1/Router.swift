/// Finds the route of a method and a path. In each segment a literal wins over an integer parameter, that over a text
/// parameter, that over a rest. A path whose best pattern lacks the method goes on to the next best one; 405 is the
/// answer when some pattern matches but none has the method. HEAD is served by GET where it has no route of its own.
///
/// Routes are added once, at start. Matching costs at most one visit of each pattern segment, so the path's sender
/// cannot make it expensive.
package struct Router<Route: Sendable>: Sendable {
    package enum Match: Sendable {
        case found(Route, PathParameters)
        /// `allow`: what the `Allow` field of the 405 response lists; never empty.
        case methodNotAllowed(allow: [HTTPMethod])
        case notFound
    }

    private var tree = RouteTree()
    private var routes: [Route] = []

    package init() {}

    /// Adds a route. `pattern` is a `PathPattern`; a malformed one, and the same method and pattern twice, are our
    /// bugs.
    package mutating func add(_ method: HTTPMethod, _ pattern: String, _ route: Route) {
        tree.add(method, pattern, routes.count)
        routes.append(route)
    }

    package func match(_ method: HTTPMethod, _ path: HTTPPath) -> Match {
        switch tree.match(method, path) {
        case .found(let index, let parameters): .found(routes[index], parameters)
        case .methodNotAllowed(let allow): .methodNotAllowed(allow: allow)
        case .notFound: .notFound
        }
    }
}

/// A router's patterns, with routes named by number: what is not generic needs no metadata made at run time.
private struct RouteTree: Sendable {
    enum Match {
        case found(Int, PathParameters)
        case methodNotAllowed(allow: [HTTPMethod])
        case notFound
    }

    private struct Entry: Sendable {
        let route: Int
        let names: [String]
    }

    /// One segment of all patterns that begin alike; children are indices of `nodes`.
    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var integer: Int?
        var text: Int?
        var entries: [HTTPMethod: Entry] = [:]
        /// Of patterns whose rest begins here.
        var restEntries: [HTTPMethod: Entry] = [:]
    }

    private var nodes = [Node()]

    mutating func add(_ method: HTTPMethod, _ pattern: String, _ route: Int) {
        guard let pattern = PathPattern(pattern) else { preconditionFailure("a route's pattern is well-formed") }
        let entry = Entry(route: route, names: pattern.names)
        var node = 0
        for component in pattern.components {
            switch component {
            case .literal(let segment): node = child(of: node, \.literals[segment])
            case .integer: node = child(of: node, \.integer)
            case .text: node = child(of: node, \.text)
            case .rest:
                precondition(nodes[node].restEntries[method] == nil, "a route is added once")
                nodes[node].restEntries[method] = entry
                return
            }
        }
        precondition(nodes[node].entries[method] == nil, "a route is added once")
        nodes[node].entries[method] = entry
    }

    func match(_ method: HTTPMethod, _ path: HTTPPath) -> Match {
        var search = Search(method: method, segments: path.segments)
        if let entry = find(&search, node: 0, depth: 0) {
            return .found(entry.route, PathParameters(names: entry.names, values: search.values))
        }
        guard !search.allowed.isEmpty else { return .notFound }
        return .methodNotAllowed(allow: Self.sorted(search.allowed))
    }

    /// One search: what is looked for, the parameter values on the way, the methods of patterns that matched in vain.
    private struct Search {
        let method: HTTPMethod
        let segments: [String]
        var values: [String] = []
        var allowed: Set<HTTPMethod> = []
    }

    /// The best entry below `node` for the segments from `depth` on; leaves its parameter values in `search`.
    private func find(_ search: inout Search, node: Int, depth: Int) -> Entry? {
        if depth == search.segments.count { return entry(of: nodes[node].entries, &search) }
        let segment = search.segments[depth]
        if let next = nodes[node].literals[segment], let entry = find(&search, node: next, depth: depth + 1) {
            return entry
        }
        if let next = nodes[node].integer, Self.isInteger(segment),
            let entry = find(&search, taking: segment, node: next, depth: depth + 1)
        {
            return entry
        }
        if let next = nodes[node].text, !segment.isEmpty,
            let entry = find(&search, taking: segment, node: next, depth: depth + 1)
        {
            return entry
        }
        let rest = search.segments[depth...]
        // An empty segment inside would let the joined rest start with `/` or hold `//`.
        guard !nodes[node].restEntries.isEmpty, !rest.dropLast().contains("") else { return nil }
        guard let entry = entry(of: nodes[node].restEntries, &search) else { return nil }
        search.values.append(rest.joined(separator: "/"))
        return entry
    }

    private func find(_ search: inout Search, taking value: String, node: Int, depth: Int) -> Entry? {
        search.values.append(value)
        if let entry = find(&search, node: node, depth: depth) { return entry }
        search.values.removeLast()
        return nil
    }

    private func entry(of entries: [HTTPMethod: Entry], _ search: inout Search) -> Entry? {
        if let entry = entries[search.method] { return entry }
        if search.method == .head, let entry = entries[.get] { return entry }
        search.allowed.formUnion(entries.keys)
        if entries[.get] != nil { search.allowed.insert(.head) }
        return nil
    }

    private mutating func child(of node: Int, _ link: WritableKeyPath<Node, Int?>) -> Int {
        if let next = nodes[node][keyPath: link] { return next }
        nodes.append(Node())
        nodes[node][keyPath: link] = nodes.count - 1
        return nodes.count - 1
    }

    private static func isInteger(_ segment: String) -> Bool {
        segment.utf8.allSatisfy(Octet.isDigit) && Int64(segment) != nil
    }

    /// The usual order, then other methods by name.
    private static func sorted(_ methods: Set<HTTPMethod>) -> [HTTPMethod] {
        let usual: [HTTPMethod] = [.get, .head, .post, .put, .patch, .delete, .options]
        return usual.filter(methods.contains)
            + methods.subtracting(usual).sorted { $0.token < $1.token }
    }
}

extension Router.Match: Equatable where Route: Equatable {}

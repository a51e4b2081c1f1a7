/// What a path gave for the parameters of the pattern it matched, decoded.
package struct PathParameters: Sendable, Equatable {
    private let names: [String]
    private let values: [String]

    /// As many values as names.
    init(names: [String], values: [String]) {
        precondition(names.count == values.count, "a match gives every parameter a value")
        self.names = names
        self.values = values
    }

    /// The value of the parameter; nil only if the pattern has none of that name.
    package subscript(name: String) -> String? { names.firstIndex(of: name).map { values[$0] } }

    /// The value of a `{name:integer}` parameter; nil only if the pattern has none of that name.
    package func integer(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }
}

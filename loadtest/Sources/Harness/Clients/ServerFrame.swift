/// One frame of the server as it was read; valid during the call that brings it.
struct ServerFrame {
    enum Kind {
        case welcome, subscribed, unsubscribed, snapshot, event, delta, value, signal, ok, fault, goaway, expiring
        /// Of a type that this client does not know, which it has to ignore.
        case other
    }

    let kind: Kind
    let slice: JSONSlice

    /// Nil when it is no object with a `type`.
    init?(_ text: UnsafeRawBufferPointer) {
        slice = JSONSlice(text)
        guard let type = slice["type"] else { return nil }
        kind = Self.kinds.first { type.says($0.0) }?.1 ?? .other
    }

    private static let kinds: [(StaticString, Kind)] = [
        ("event", .event), ("delta", .delta), ("ok", .ok), ("value", .value), ("subscribed", .subscribed),
        ("snapshot", .snapshot), ("welcome", .welcome), ("fault", .fault), ("signal", .signal),
        ("unsubscribed", .unsubscribed), ("goaway", .goaway), ("expiring", .expiring),
    ]

    subscript(name: StaticString) -> JSONSlice? { slice[name] }
}

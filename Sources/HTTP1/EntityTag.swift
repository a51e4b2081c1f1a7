/// Entity tags (RFC 9110 §8.8.3), as `If-None-Match` asks for them.
package enum EntityTag {
    /// Whether a client that sent these `If-None-Match` field values has the representation of `tag` already (RFC 9110
    /// §13.1.2): `*`, or a list that holds the tag by weak comparison. `tag` is written with its quotes, and `W/` if weak.
    /// A value that is no list of tags names nothing behind the place where it goes wrong.
    package static func isKnown(_ tag: String, in conditions: [String]) -> Bool {
        let wanted = withoutWeakness(tag.utf8[...])
        for condition in conditions {
            var rest = Octet.trimmed(condition.utf8[...])
            if rest.elementsEqual("*".utf8) { return true }
            while let listed = takeTag(from: &rest) {
                if listed.elementsEqual(wanted) { return true }
            }
        }
        return false
    }

    /// The first tag of a list, quotes included and `W/` left out, and takes it with its comma off; nil when no tag comes.
    private static func takeTag(from list: inout Substring.UTF8View) -> Substring.UTF8View? {
        list = list.drop { Octet.isOptionalSpace($0) || $0 == Octet.comma }
        let tag = withoutWeakness(list)
        guard tag.first == Octet.quote, let end = tag.dropFirst().firstIndex(of: Octet.quote) else { return nil }
        let after = Octet.trimmed(tag[tag.index(after: end)...])
        guard after.isEmpty || after.first == Octet.comma else { return nil }
        list = after
        return tag[...end]
    }

    private static func withoutWeakness(_ tag: Substring.UTF8View) -> Substring.UTF8View {
        tag.starts(with: "W/".utf8) ? tag.dropFirst(2) : tag
    }
}

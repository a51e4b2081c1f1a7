internal import JSON

/// A frame of a kind that clients send again and again, as places in its text: read without a tree, and without memory.
///
/// It recognises frames as programs write them: known members only, names and session without escapes, what is sent on in
/// the writer's own form (`CanonicalJSON`). Everything else, right or wrong, is for `ClientFrame`, which reads each of these
/// frames the same.
package enum FrequentFrame: Equatable, Sendable {
    /// `n`: JSON text; nil when it is not there.
    case ping(n: Range<Int>?)
    /// `session` and `name`: text without escapes. `data`: JSON text; nil when it is not there.
    case signal(session: Range<Int>, name: Range<Int>, data: Range<Int>?)
    /// `session`: text without escapes.
    case ack(session: Range<Int>, offset: Int64)

    /// Nil when `ClientFrame` must read the text.
    package init?(_ text: RawSpan) {
        guard let members = FrequentMembers(text), let type = members.type else { return nil }
        switch (type.count, members.session, members.name, members.offset) {
        case (4, nil, nil, nil) where members.data == nil && text.holds("ping", at: type):
            self = .ping(n: members.n)
        case (6, let session?, let name?, nil) where members.n == nil && text.holds("signal", at: type):
            guard (1...ClientFrame.maxNameBytes).contains(name.count) else { return nil }
            self = .signal(session: session, name: name, data: members.data)
        case (3, let session?, nil, let offset?) where members.n == nil && members.data == nil:
            guard text.holds("ack", at: type), let offset = text.naturalNumber(at: offset) else { return nil }
            self = .ack(session: session, offset: offset)
        default: return nil
        }
    }
}

/// Where the members of a frame stand, each at most once.
private struct FrequentMembers {
    var type: Range<Int>?
    var session: Range<Int>?
    var name: Range<Int>?
    var data: Range<Int>?
    var n: Range<Int>?
    var offset: Range<Int>?

    /// Nil when there is another member, or one of them twice, or its value is not in the form that is asked of it.
    init?(_ text: RawSpan) {
        var cursor = 0
        CanonicalJSON.skipSpace(in: text, &cursor)
        guard CanonicalJSON.skip(0x7B, in: text, &cursor) else { return nil }
        repeat {
            CanonicalJSON.skipSpace(in: text, &cursor)
            guard let name = CanonicalJSON.plainString(in: text, &cursor) else { return nil }
            CanonicalJSON.skipSpace(in: text, &cursor)
            guard CanonicalJSON.skip(0x3A, in: text, &cursor) else { return nil }
            CanonicalJSON.skipSpace(in: text, &cursor)
            guard read(name, text, &cursor) else { return nil }
            CanonicalJSON.skipSpace(in: text, &cursor)
        } while CanonicalJSON.skip(0x2C, in: text, &cursor)
        guard CanonicalJSON.skip(0x7D, in: text, &cursor) else { return nil }
        CanonicalJSON.skipSpace(in: text, &cursor)
        guard cursor == text.byteCount else { return nil }
    }

    /// Reads the value of the member of that name.
    private mutating func read(_ name: Range<Int>, _ text: RawSpan, _ cursor: inout Int) -> Bool {
        switch name.count {
        case 1: text.holds("n", at: name) && Self.value(text, &cursor, &n)
        case 4:
            if text.holds("type", at: name) {
                Self.string(text, &cursor, &type)
            } else if text.holds("name", at: name) {
                Self.string(text, &cursor, &self.name)
            } else {
                text.holds("data", at: name) && Self.value(text, &cursor, &data)
            }
        case 6: text.holds("offset", at: name) && Self.value(text, &cursor, &offset)
        case 7: text.holds("session", at: name) && Self.string(text, &cursor, &session)
        default: false
        }
    }

    private static func string(_ text: RawSpan, _ cursor: inout Int, _ place: inout Range<Int>?) -> Bool {
        guard place == nil, let found = CanonicalJSON.plainString(in: text, &cursor) else { return false }
        place = found
        return true
    }

    private static func value(_ text: RawSpan, _ cursor: inout Int, _ place: inout Range<Int>?) -> Bool {
        guard place == nil, let end = CanonicalJSON.end(ofValueIn: text, at: cursor) else { return false }
        place = cursor..<end
        cursor = end
        return true
    }
}

extension RawSpan {
    /// Whether the bytes of `word`, of which there are as many as the place has, stand there.
    fileprivate func holds(_ word: StaticString, at place: Range<Int>) -> Bool {
        guard place.count == word.utf8CodeUnitCount, place.upperBound <= byteCount else { return false }
        return word.withUTF8Buffer { expected in
            for index in expected.indices {
                if unsafeLoad(fromByteOffset: place.lowerBound + index, as: UInt8.self) != expected[index] {
                    return false
                }
            }
            return true
        }
    }

    /// The value of digits; nil when something else stands there, or more than fit.
    fileprivate func naturalNumber(at place: Range<Int>) -> Int64? {
        guard place.count <= CanonicalJSON.maxDigits, place.upperBound <= byteCount else { return nil }
        var value: Int64 = 0
        for index in place {
            let byte = unsafeLoad(fromByteOffset: index, as: UInt8.self)
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
}

internal import JSON
package import Primitives

/// Who of a chat has read how far, how far it was delivered to each, and how much each has not read.
///
/// Counts are exact however many messages are unread. Which ones they are is remembered of the newest `maxTrail`: who reads up to an
/// older one than these still has all before them counted as unread, until they read on.
package struct Readership: Sendable, Equatable {
    /// Messages whose authors are remembered while somebody has not read them.
    package static let maxTrail = 2_000

    package struct Reader: Sendable, Equatable {
        package let subject: String
        /// The newest offset that was read, when that was said, and the one before it: 0 when none.
        package internal(set) var read: Int64 = 0
        package internal(set) var readBefore: Int64 = 0
        package internal(set) var readAt: Timestamp?
        /// The newest offset that one of the person's devices has acknowledged.
        package internal(set) var delivered: Int64 = 0
        /// Messages of others behind `read`.
        package internal(set) var unread: Int64 = 0
        /// Those of them that the trail does not hold any more.
        var forgotten: Int64 = 0
    }

    private struct Step: Sendable, Equatable {
        let offset: Int64
        /// The reader's index; nil: somebody else's.
        let author: Int?
    }

    /// In the order of the facts: the owner first.
    package private(set) var readers: [Reader]
    private var trail: [Step] = []
    /// The newest offset that the trail has lost.
    private var lastForgotten: Int64 = 0

    package init(_ subjects: [String]) { readers = subjects.map { Reader(subject: $0) } }

    package subscript(subject: String) -> Reader? { index(of: subject).map { readers[$0] } }

    private func index(of subject: String) -> Int? { readers.firstIndex { $0.subject == subject } }

    package mutating func wrote(_ author: String, at offset: Int64) {
        let writer = index(of: author)
        trail.append(Step(offset: offset, author: writer))
        for index in readers.indices where index != writer { readers[index].unread += 1 }
        if trail.count > Self.maxTrail { forget() }
    }

    private mutating func forget() {
        let step = trail.removeFirst()
        lastForgotten = step.offset
        for index in readers.indices where index != step.author && readers[index].read < step.offset {
            readers[index].forgotten += 1
        }
    }

    /// Somebody who is not of the chat may read it, too: that is not counted.
    package mutating func read(_ subject: String, to offset: Int64, at: Timestamp) {
        guard let index = index(of: subject), offset > readers[index].read else { return }
        readers[index].readBefore = readers[index].read
        readers[index].read = offset
        readers[index].readAt = at
        if offset >= lastForgotten { readers[index].forgotten = 0 }
        readers[index].delivered = max(readers[index].delivered, offset)
        let unread = trail.count { $0.offset > offset && $0.author != index }
        readers[index].unread = readers[index].forgotten + Int64(unread)
        let everyones = readers.map(\.read).min() ?? 0
        if let keep = trail.firstIndex(where: { $0.offset > everyones }) {
            trail.removeFirst(keep)
        } else {
            trail = []
        }
    }

    /// How much the person would not have read then.
    package func unread(of subject: String, readingTo offset: Int64) -> Int64 {
        var then = self
        then.read(subject, to: offset, at: Timestamp(microseconds: 0))
        return then[subject]?.unread ?? 0
    }

    package mutating func delivered(_ subject: String, to offset: Int64) {
        guard let index = index(of: subject) else { return }
        readers[index].delivered = max(readers[index].delivered, offset)
    }

    /// How far messages have come, by subject.
    package var deliveries: [String: Int64] {
        Dictionary(uniqueKeysWithValues: readers.map { ($0.subject, $0.delivered) })
    }

    // MARK: Forms

    /// What a snapshot shows.
    var stateForm: JSONValue {
        .array(
            readers.map { reader in
                [
                    "subject": .string(reader.subject), "read": .integer(reader.read),
                    "delivered": .integer(reader.delivered), "unread": .integer(reader.unread),
                ]
            })
    }

    /// What a checkpoint needs besides the subjects.
    var checkpointForm: JSONValue {
        let readers = readers.map { reader -> JSONValue in
            [
                .integer(reader.read), .integer(reader.readBefore), .integer(reader.readAt?.microseconds ?? 0),
                .integer(reader.delivered), .integer(reader.unread), .integer(reader.forgotten),
            ]
        }
        let steps = trail.flatMap { [JSONValue.integer($0.offset), .integer(Int64($0.author ?? -1))] }
        return ["readers": .array(readers), "trail": .array(steps), "lastForgotten": .integer(lastForgotten)]
    }

    init?(checkpoint: JSONValue, _ subjects: [String]) {
        guard let readers = checkpoint["readers"]?.array, readers.count == subjects.count,
            let steps = checkpoint["trail"]?.array, steps.count % 2 == 0, steps.count <= 2 * Self.maxTrail,
            let lastForgotten = checkpoint["lastForgotten"]?.integer
        else { return nil }
        self.init(subjects)
        for (index, reader) in readers.enumerated() {
            let numbers = reader.array?.compactMap(\.integer) ?? []
            guard numbers.count == 6 else { return nil }
            self.readers[index].read = numbers[0]
            self.readers[index].readBefore = numbers[1]
            self.readers[index].readAt = numbers[2] == 0 ? nil : Timestamp(microseconds: numbers[2])
            self.readers[index].delivered = numbers[3]
            self.readers[index].unread = numbers[4]
            self.readers[index].forgotten = numbers[5]
        }
        let numbers = steps.compactMap(\.integer)
        guard numbers.count == steps.count else { return nil }
        for place in stride(from: 0, to: numbers.count, by: 2) {
            let author = numbers[place + 1]
            guard (-1..<Int64(subjects.count)).contains(author) else { return nil }
            trail.append(Step(offset: numbers[place], author: author < 0 ? nil : Int(author)))
        }
        self.lastForgotten = lastForgotten
    }
}

package import Domain
package import Primitives

/// Which letter: the event that it comes from, and its place among that event's letters.
package struct LetterPlace: Sendable, Hashable, Comparable {
    /// The number of the stream whose event it is (`StreamIdentity.id`).
    package let stream: Int64
    package let offset: Int64
    package let index: Int32

    package init(stream: Int64, offset: Int64, index: Int32) {
        self.stream = stream
        self.offset = offset
        self.index = index
    }

    package static func < (one: LetterPlace, other: LetterPlace) -> Bool {
        (one.stream, one.offset, one.index) < (other.stream, other.offset, other.index)
    }

    /// The idempotency key of the command that the letter is. It has a space, which no client's key has
    /// (`ClientFrame.isValid(key:)`), so nobody outside can take a letter's place.
    package var key: String { "letter \(stream)/\(offset)/\(index)" }
}

/// A letter on its way, as the table `outbox` keeps it from its event's commit until its target has decided it.
package struct LetterRow: Sendable, Equatable {
    package let place: LetterPlace
    package let target: SessionAddress
    package let command: String
    /// JSON text.
    package let data: [UInt8]
    package let createdAt: Timestamp

    package init(place: LetterPlace, target: SessionAddress, command: String, data: [UInt8], createdAt: Timestamp) {
        self.place = place
        self.target = target
        self.command = command
        self.data = data
        self.createdAt = createdAt
    }
}

/// Some of the letters that are not delivered yet, in the order of their places.
package struct LetterPage: Sendable, Equatable {
    /// Those that this release can read.
    package let letters: [LetterRow]
    /// Behind which to read on; nil: there are no more.
    package let next: LetterPlace?

    package init(letters: [LetterRow], next: LetterPlace?) {
        self.letters = letters
        self.next = next
    }
}

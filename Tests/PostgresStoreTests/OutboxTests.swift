import Domain
import Ports
import Primitives
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Outbox", .serialized, .timeLimit(.minutes(5)))
struct OutboxTests {
    private let store: StoreFixture
    private let address = Entries.address("sender")
    private let stream: StreamIdentity
    private let target = Entries.order("o-1", tenant: "jeco")

    init() throws {
        store = try StoreFixture.ready()
        stream = try store.identity(of: address)
    }

    private func send(_ letters: [LetterRow], offset: Int64) throws -> StoreFailure? {
        try store.append(
            Entries.entry(
                address, stream, offsets: offset...offset, creates: offset == 1,
                changes: letters.map(StoredChange.letter)))
    }

    @Test("letters are read as they were written, in the order of their events, page by page")
    func order() throws {
        let first = [
            Entries.letter(stream, 1, 0, to: target, "สวัสดี"), Entries.letter(stream, 1, 1, to: address, "b"),
        ]
        let second = [Entries.letter(stream, 2, to: target, "c")]
        #expect(try send(first, offset: 1) == nil)
        #expect(try send(second, offset: 2) == nil)
        #expect(try store.letters().get() == LetterPage(letters: first + second, next: nil))
        let page = try store.letters(limit: 2).get()
        #expect(page == LetterPage(letters: first, next: first[1].place))
        #expect(try store.letters(after: page.next, limit: 2).get() == LetterPage(letters: second, next: nil))
    }

    @Test("they are there with their event or not at all")
    func atomicity() throws {
        #expect(try send([Entries.letter(stream, 1, to: target)], offset: 1) == nil)
        // The offset is taken.
        let late = Entries.entry(
            address, stream, offsets: 1...1, changes: [.letter(Entries.letter(stream, 9, to: target))])
        #expect(try store.append(late) == .conflict)
        #expect(try store.letters().get().letters.map(\.place.offset) == [1])
    }

    @Test("delivered ones are removed, also when they are not there any more")
    func removal() throws {
        let letters = (0..<3).map { Entries.letter(stream, 1, Int32($0), to: target) }
        #expect(try send(letters, offset: 1) == nil)
        let gone = [letters[0].place, letters[2].place]
        for _ in 0..<2 {
            #expect(try store.removeLetters(gone) == nil)
            #expect(try store.letters().get().letters == [letters[1]])
        }
    }

    @Test("a letter outlives its sender and goes with its target")
    func erasure() throws {
        let other = Entries.address("other")
        let otherStream = try store.identity(of: other)
        #expect(
            try store.append(
                Entries.entry(
                    other, otherStream, offsets: 1...1, creates: true,
                    changes: [.letter(Entries.letter(otherStream, 1, to: address))])) == nil)
        let own = Entries.letter(stream, 1, to: target)
        #expect(try send([own], offset: 1) == nil)
        let namesake = Entries.letter(stream, 2, to: Entries.address("sender", tenant: "other"))
        #expect(try send([namesake], offset: 2) == nil)
        #expect(
            try store.append(
                Entries.entry(address, stream, offsets: 3...3, changes: [.erase(offset: 3, key: nil)])) == nil)
        #expect(try store.letters().get().letters == [own, namesake])
    }

    @Test("one to a kind that this release does not know is passed over and stays")
    func unknownKind() throws {
        let letters = [Entries.letter(stream, 1, 0, to: target), Entries.letter(stream, 1, 1, to: target)]
        #expect(try send(letters, offset: 1) == nil)
        _ = try store.inspector().query("UPDATE outbox SET kind = 'moon' WHERE \"index\" = 0 RETURNING 1")
        #expect(try store.letters(limit: 2).get() == LetterPage(letters: [letters[1]], next: letters[1].place))
        #expect(try store.count("SELECT count(*) FROM outbox") == 2)
    }
}

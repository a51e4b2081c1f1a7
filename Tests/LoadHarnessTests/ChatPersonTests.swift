import JSON
import Testing

@testable import LoadHarness

@Suite("What people of a load test's chats know")
struct ChatPersonTests {
    @Test("Others' messages are unread, until one reads")
    func counting() {
        var person = ChatPerson()
        person.shown(message: 1, isOwn: false)
        person.shown(message: 2, isOwn: true)
        person.shown(message: 3, isOwn: false)
        #expect(person.unread == 2 && person.newest == 3 && person.read == 0)
        person.shown(reading: 4, to: 3, left: 0, isOwn: false)
        #expect(person.unread == 2 && person.newest == 4)
        person.shown(reading: 5, to: 1, left: 1, isOwn: true)
        #expect(person.unread == 1 && person.read == 1)
        person.shown(snapshot: 9, read: 7, unread: 4)
        #expect(person.unread == 4 && person.read == 7 && person.newest == 9)
    }

    @Test("The log's counts do not rest on what it says is left")
    func log() throws {
        func event(_ offset: Int64, _ name: String, _ data: JSONValue) -> JournalEvent {
            JournalEvent(offset: offset, name: name, data: data)
        }
        let events = [
            event(1, "message.created", ["message": ["author": "a"]]),
            event(2, "message.created", ["message": ["author": "b"]]),
            event(3, "message.read", ["by": "b", "offset": 1, "unread": 99]),
            event(4, "message.created", ["message": ["author": "a"]]),
        ]
        #expect(
            ChatCount.counts(of: ["a", "b", "c"], in: events) == [
                ChatCount(read: 0, unread: 1), ChatCount(read: 1, unread: 1), ChatCount(read: 0, unread: 3),
            ])
    }
}

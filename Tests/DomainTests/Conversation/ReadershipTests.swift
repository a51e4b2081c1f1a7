import JSON
import Primitives
import TestSupport
import Testing

@testable import Domain

@Suite("Who has read how much")
struct ReadershipTests {
    private static let at = Timestamp(seconds: 1_795_000_000)

    @Test("A message is unread for all but its author, until they read it")
    func counting() {
        var readership = Readership(["a", "b", "c"])
        readership.wrote("a", at: 1)
        readership.wrote("b", at: 2)
        readership.wrote("a", at: 3)
        #expect(readership.readers.map(\.unread) == [1, 2, 3])
        readership.read("c", to: 2, at: Self.at)
        #expect(readership.readers.map(\.unread) == [1, 2, 1])
        readership.read("c", to: 1, at: Self.at)
        #expect(readership["c"]?.read == 2 && readership["c"]?.unread == 1)
        readership.read("stranger", to: 3, at: Self.at)
        #expect(readership.readers.map(\.unread) == [1, 2, 1] && readership["stranger"] == nil)
        // Who serves the tenant may write, too: unread for all three.
        readership.wrote("staff", at: 4)
        #expect(readership.readers.map(\.unread) == [2, 3, 2])
    }

    @Test("What is read was delivered")
    func deliveries() {
        var readership = Readership(["a", "b"])
        readership.wrote("a", at: 1)
        readership.delivered("b", to: 1)
        #expect(readership.deliveries == ["a": 0, "b": 1] && readership["b"]?.unread == 1)
        readership.read("b", to: 5, at: Self.at)
        readership.delivered("b", to: 3)
        #expect(readership.deliveries == ["a": 0, "b": 5])
    }

    @Test("The time of a reading is that of the messages it was for")
    func times() {
        var readership = Readership(["a", "b"])
        readership.read("a", to: 3, at: Self.at)
        readership.read("a", to: 7, at: Self.at.advanced(by: .seconds(5)))
        #expect(readership["a"]?.readBefore == 3 && readership["a"]?.readAt == Self.at.advanced(by: .seconds(5)))
    }

    /// Against all that was ever written and read, however long nobody reads.
    @Test("Counts are exact", arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let people = ["a", "b", "c"]
        var readership = Readership(people)
        var written: [(offset: Int64, author: String)] = []
        var read: [String: Int64] = [:]
        var offset: Int64 = 0
        for step in 0..<5_000 {
            offset += 1
            let who = people[Int.random(in: 0..<3, using: &random)]
            // In long stretches nobody reads, so that the trail is left behind.
            if Int.random(in: 0..<(step % 3_000 < 2_600 ? 1_000 : 4), using: &random) > 0 {
                readership.wrote(who, at: offset)
                written.append((offset, who))
            } else {
                // Of what the trail still knows, or all.
                let oldest = written.suffix(Readership.maxTrail).first?.offset ?? 0
                let to = Int64.random(in: min(oldest, offset)...offset, using: &random)
                readership.read(who, to: to, at: Self.at)
                read[who] = max(read[who] ?? 0, to)
            }
            guard step % 97 == 0 || step > 4_990 else { continue }
            for person in people {
                let unread = written.count { $0.author != person && $0.offset > read[person] ?? 0 }
                #expect(readership[person]?.unread == Int64(unread), "seed \(seed), step \(step)")
            }
            #expect(Readership(checkpoint: readership.checkpointForm, people) == readership)
        }
    }

    @Test("Read up to what the trail has lost: still counted, until read on")
    func beyondTheTrail() {
        var readership = Readership(["a", "b"])
        for offset in 1...Int64(Readership.maxTrail + 10) { readership.wrote("a", at: offset) }
        readership.read("b", to: 5, at: Self.at)
        #expect(readership["b"]?.unread == Int64(Readership.maxTrail + 10))
        readership.read("b", to: 10, at: Self.at)
        #expect(readership["b"]?.unread == Int64(Readership.maxTrail))
        readership.read("b", to: Int64(Readership.maxTrail + 9), at: Self.at)
        #expect(readership["b"]?.unread == 1)
    }

    @Test(
        "A checkpoint that is not one is refused",
        arguments: [
            #"{}"#, #"{"readers":[],"trail":[],"lastForgotten":0}"#,
            #"{"readers":[[0,0,0,0,0]],"trail":[],"lastForgotten":0}"#,
            #"{"readers":[[0,0,0,0,0,0]],"trail":[1],"lastForgotten":0}"#,
            #"{"readers":[[0,0,0,0,0,0]],"trail":[1,1],"lastForgotten":0}"#,
            #"{"readers":[[0,0,0,0,0,0]],"trail":[1,-2],"lastForgotten":0}"#,
            #"{"readers":[[0,0,0,0,0,0]],"trail":[1,0]}"#,
        ])
    func foreignCheckpoint(text: String) throws {
        #expect(Readership(checkpoint: try JSONParser.parse(text), ["a"]) == nil)
    }
}

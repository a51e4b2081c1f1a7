import JSON
import Primitives
import Reactor
import Testing

@testable import Standins

@Suite("The gold traders' stand-in")
struct GoldTests {
    private func standin() throws -> GoldStandin { GoldStandin(loop: try EventLoop(index: 0)) }

    @Test("A price that is set is a new announcement, with the others as far from it as usual")
    func price() throws {
        let standin = try standin()
        let first = try #require(standin.announcements.last)
        try standin.change(["price": 66_350])
        let next = try #require(standin.announcements.last)
        #expect(next.id == first.id + 1 && next.round == first.round + 1)
        #expect(next.barSell == 6_635_000 && next.barBuy == 6_615_000 && next.ornamentSell == 6_715_000)
        // Whole baht a gram.
        #expect(next.ornamentBuy % 1_516 == 0 && next.ornamentBuy < next.barBuy)
        #expect(next.changeFromRow == 6_635_000 - first.barSell)
        try standin.change(["barSell": "66351.50", "barBuy": 66_000, "sameID": true])
        #expect(standin.announcements.last?.barBuy == 6_600_000 && standin.announcements.last?.id == next.id)
        try standin.change(["jumpPercent": 20])
        #expect(standin.announcements.last?.barSell == 7_962_180)
        standin.reset()
        #expect(standin.announcements.count == 1)
    }

    @Test(
        "What it cannot do it refuses, and changes nothing", arguments: ["price", "asTime", "round", "swapped", "what"])
    func refused(_ name: String) throws {
        let standin = try standin()
        #expect(throws: BehaviourError.self) { try standin.change(["price": 66_000, "challenge": true, name: ["x"]]) }
        #expect(standin.announcements.count == 1 && standin.settings["challenge"] == false)
    }

    @Test("A day has no end of announcements, and it keeps some of them")
    func bounded() throws {
        let standin = try standin()
        for price in 0..<GoldStandin.maxAnnouncements + 5 {
            try standin.change(["price": .integer(Int64(60_000 + price))])
        }
        #expect(standin.announcements.count == GoldStandin.maxAnnouncements)
    }
}

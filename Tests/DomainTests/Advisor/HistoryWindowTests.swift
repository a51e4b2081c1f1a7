import Testing

@testable import Domain

@Suite("History window")
struct HistoryWindowTests {
    private func user(_ text: String) -> AdvisorTurn { AdvisorTurn(role: .user, author: "u_1", text: text) }
    private func reply(_ text: String) -> AdvisorTurn { AdvisorTurn(role: .assistant, author: "advisor", text: text) }

    @Test(
        "Tokens are estimated by Thai code points and bytes",
        arguments: [
            ("", 0), ("ก", 1), ("กา", 1), ("กาก", 2), ("a", 1), ("abcd", 1), ("abcde", 2), ("กาab", 2), ("👍", 1),
            ("é", 1),
        ])
    func estimate(_ text: String, _ tokens: Int) { #expect(HistoryWindow.estimate(text) == tokens) }

    @Test("All turns stay when they fit exactly")
    func exact() {
        let turns = [user("abcd"), reply("abcd"), user("abcd")]
        #expect(HistoryWindow.cut(turns, budget: 15) == turns)
        #expect(HistoryWindow.cut(turns, budget: 14) == [turns[2]])
    }

    @Test("A message and its reply go together")
    func whole() {
        let turns = [user("1"), reply("2"), user("3"), reply("4"), user("5")]
        #expect(HistoryWindow.cut(turns, budget: 24) == Array(turns[2...]))
        #expect(HistoryWindow.cut(turns, budget: 15) == Array(turns[2...]))
        #expect(HistoryWindow.cut(turns, budget: 14) == Array(turns[4...]))
    }

    @Test("The newest user message is kept beyond the budget")
    func newest() {
        let long = user(String(repeating: "ก", count: 5000))
        #expect(HistoryWindow.cut([user("1"), reply("2"), long], budget: 10) == [long])
        #expect(HistoryWindow.cut([user("1"), long, reply("2")], budget: 0) == [long, reply("2")])
    }

    @Test("Replies without their message are not shown")
    func orphans() {
        #expect(HistoryWindow.cut([reply("hello"), user("1")], budget: 100) == [user("1")])
        #expect(HistoryWindow.cut([reply("hello")], budget: 100) == [])
        #expect(HistoryWindow.cut([], budget: 100) == [])
    }

    @Test("Any history is cut to an end that begins with a user message and fits", arguments: [UInt64(21), 22])
    func property(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<500 {
            let turns = (0..<Int.random(in: 0...12, using: &random)).map { index in
                let text = String(
                    repeating: Bool.random(using: &random) ? "ก" : "x", count: Int.random(in: 0...60, using: &random))
                return Bool.random(using: &random) ? user("\(index)" + text) : reply("\(index)" + text)
            }
            let budget = Int.random(in: 0...150, using: &random)
            let kept = HistoryWindow.cut(turns, budget: budget)
            func cost(_ turns: [AdvisorTurn]) -> Int {
                turns.reduce(0) { $0 + HistoryWindow.estimate($1.text) + HistoryWindow.tokensPerEntry }
            }
            #expect(kept == Array(turns.suffix(kept.count)), "seed \(seed)")
            guard let newest = turns.lastIndex(where: { $0.role == .user }) else {
                #expect(kept.isEmpty)
                continue
            }
            #expect(kept.first?.role == .user, "seed \(seed)")
            #expect(kept.count >= turns.count - newest, "seed \(seed)")
            #expect(cost(kept) <= budget || kept.count == turns.count - newest, "seed \(seed)")
            // One more turn would not fit.
            if let before = turns.dropLast(kept.count).lastIndex(where: { $0.role == .user }) {
                #expect(cost(Array(turns[before...])) > budget, "seed \(seed)")
            }
        }
    }
}

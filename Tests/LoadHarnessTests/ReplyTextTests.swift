import Testing

@testable import LoadHarness

@Suite("ReplyText")
struct ReplyTextTests {
    @Test("Deltas make up the text, counted in UTF-16 units")
    func whole() {
        var text = ReplyText()
        #expect(text.take(reply: "r1", at: 0, text: "ก😀", generation: 1) == .first)
        #expect(text.take(reply: "r1", at: 3, text: "b", generation: 1) == .more)
        #expect(text.take(reply: "r1", at: 4, text: "", generation: 1) == .more)
        #expect(text.length == 4)
        #expect(text.isSame(as: "ก😀b", reply: "r1", generation: 1) == true)
        #expect(text.isSame(as: "ก😀", reply: "r1", generation: 1) == false)
        #expect(text.isSame(as: "ก😀x", reply: "r1", generation: 1) == false)
    }

    @Test("Zero replaces what there was; another reply begins anew")
    func replaced() {
        var text = ReplyText()
        _ = text.take(reply: "r1", at: 0, text: "abc", generation: 1)
        #expect(text.take(reply: "r1", at: 0, text: "abcd", generation: 2) == .more)
        #expect(text.isSame(as: "abcd", reply: "r1", generation: 2) == true)
        #expect(text.take(reply: "r2", at: 0, text: "x", generation: 2) == .first)
        #expect(text.isSame(as: "x", reply: "r2", generation: 2) == true)
    }

    @Test("What fits neither is misplaced once, and all behind it is left until the text comes anew")
    func misplaced() {
        var text = ReplyText()
        _ = text.take(reply: "r1", at: 0, text: "abc", generation: 1)
        #expect(text.take(reply: "r1", at: 5, text: "x", generation: 1) == .misplaced)
        #expect(text.take(reply: "r1", at: 6, text: "y", generation: 1) == .ignored)
        #expect(text.isSame(as: "abc", reply: "r1", generation: 1) == nil)
        #expect(text.take(reply: "r1", at: 0, text: "abcdexy", generation: 2) == .more)
        #expect(text.isSame(as: "abcdexy", reply: "r1", generation: 2) == true)
    }

    @Test("A reply of which the beginning is missing is misplaced")
    func middle() {
        var text = ReplyText()
        #expect(text.take(reply: "r1", at: 7, text: "x", generation: 1) == .misplaced)
    }

    @Test("What ended while the reader was away is not compared")
    func away() {
        var text = ReplyText()
        _ = text.take(reply: "r1", at: 0, text: "abc", generation: 1)
        #expect(text.isSame(as: "abcdef", reply: "r1", generation: 2) == nil)
        text.forget()
        #expect(text.isSame(as: "abc", reply: "r1", generation: 1) == nil)
    }
}

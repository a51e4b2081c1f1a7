import Testing

@testable import Domain

@Suite("Thai text folding")
struct ThaiTextTests {
    @Test(
        "Forms that look the same fold to one form",
        arguments: [
            ("๔๕,๐๐๐", "45,000"), ("ทํา", "ทำ"), ("นํ้า", "น้ำ"), ("น้ํา", "น้ำ"), ("นำ้", "น้ำ"), ("เเละ", "และ"),
            ("ก\u{0E48}\u{0E34}", "ก\u{0E34}\u{0E48}"), ("ก\u{0E48}\u{0E38}", "ก\u{0E38}\u{0E48}"),
            ("เงิน\u{200B}เดือน", "เงินเดือน"), ("a\u{00A0} \t b", "a b"), ("a \n b", "a\nb"), ("ราว ๆ", "ราวๆ"),
            ("SALARY 45K", "salary 45k"), ("４５，０００", "45,000"), ("30–40", "30-40"), ("I’m", "i'm"),
            ("ไม่ม่ี", "ไม่มี่"), ("", ""),
        ])
    func folding(_ source: String, _ folded: String) {
        #expect(ThaiText(source).folded == folded)
        #expect(ThaiText(source).source == source)
    }

    @Test("Folding a folded text changes nothing")
    func idempotent() {
        for text in ["ทํางานได้เดือนละ ๑๘,๐๐๐", "เเต่นํ้า ราว ๆ", "A\u{200B}B"] {
            let once = ThaiText(text).folded
            #expect(ThaiText(once).folded == once)
        }
    }

    @Test("A range of the folded text leads back to the original words")
    func sourceText() throws {
        let text = ThaiText("รายได้\u{200B} ๔๕,๐๐๐ บาท")
        let start = try #require(text.scalars.firstIndex(of: "4"))
        #expect(text.sourceText(start..<(start + 6)) == "๔๕,๐๐๐")
        #expect(text.sourceRange(0..<text.count) == 0..<text.source.utf8.count)
        #expect(text.sourceText(-5..<10_000) == text.source)
        #expect(text[-1] == nil)
        #expect(text[text.count] == nil)
    }

    @Test("A phrase is not found inside a longer syllable or word")
    func boundaries() {
        let table = PhraseTable<Int>([(1, ["สาม"]), (2, ["rent"]), (3, ["สามล้อ"])])
        #expect(table.match(ThaiText("สามหมื่น"), at: 0)?.meaning == 1)
        #expect(table.match(ThaiText("สามี"), at: 0) == nil)
        #expect(table.match(ThaiText("สามารถ"), at: 0) == nil)
        #expect(table.match(ThaiText("สามล้อ"), at: 0)?.meaning == 3)
        #expect(table.match(ThaiText("parent"), at: 2) == nil)
        #expect(table.match(ThaiText("rents"), at: 0) == nil)
        #expect(table.match(ThaiText("my rent"), endingAt: 7)?.start == 3)
    }
}

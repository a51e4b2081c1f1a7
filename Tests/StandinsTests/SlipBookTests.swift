import Primitives
import SlipQR
import Testing

@testable import Standins

@Suite("Slips that the stand-ins know")
struct SlipBookTests {
    private static func slip(_ code: SlipQR) throws -> Slip {
        let party = Slip.Party(nameTh: "ก ข", nameEn: nil, account: "1112345678", bank: try #require(Bank("004")))
        return Slip(
            code: code, amount: try #require(Satang(50_000)), at: Timestamp(seconds: 1_795_230_000), sender: party,
            receiver: party)
    }

    @Test("A slip is found by bank and reference, exactly as written")
    func lookup() throws {
        let book = SlipBook()
        let code = try #require(SlipQR(sendingBank: "004", reference: "015275120000AKR00001"))
        book.add(try Self.slip(code))
        #expect(book.slip(code)?.amount.decimal == "500.00")
        #expect(book.slip(try #require(SlipQR(sendingBank: "014", reference: code.reference))) == nil)
        #expect(book.slip(try #require(SlipQR(sendingBank: "004", reference: "015275120000akr00001"))) == nil)
        #expect(book.slip(reference: code.reference)?.code == code)
    }

    @Test("The oldest slip is forgotten when there are too many")
    func bound() throws {
        let book = SlipBook()
        func code(_ number: Int) throws -> SlipQR { try #require(SlipQR(sendingBank: "004", reference: "R\(number)")) }
        for number in 0...SlipBook.maxSlips { book.add(try Self.slip(try code(number))) }
        #expect(book.slip(try code(0)) == nil)
        #expect(book.slip(try code(1)) != nil)
        #expect(book.slip(try code(SlipBook.maxSlips)) != nil)
    }

    @Test("References have their bank's form, and none comes twice within a second")
    func references() throws {
        var mint = ReferenceMint()
        var seen: Set<SlipQR> = []
        let now = Timestamp(seconds: 1_795_230_000)
        for bank in ["002", "004", "006", "014", "025"] {
            for _ in 0..<2_000 {
                let made = mint.next(bank: bank, at: now)
                let code = try #require(made)
                #expect(seen.insert(code).inserted)
                #expect((16...25).contains(code.reference.count))
                #expect(code.text.utf8.count < 100)
                let read = try SlipQR(code.text)
                #expect(read == code)
            }
        }
        let bangkok = mint.next(bank: "002", at: now)
        #expect(try #require(bangkok).reference.allSatisfy(\.isNumber))
    }

    @Test("What is noted last is kept: by number and by bytes")
    func recent() {
        var recent = Recent<String, Int>(maxEntries: 3, maxBytes: 100)
        for (number, key) in ["a", "b", "c", "a", "d"].enumerated() { recent.note(number, for: key, bytes: 10) }
        #expect(recent.values == [2, 3, 4])
        #expect(recent["b"] == nil && recent["a"] == 3 && recent.bytes == 30)
        recent.note(9, for: "e", bytes: 85)
        #expect(recent.values == [4, 9] && recent.bytes == 95)
        recent.note(10, for: "f", bytes: 101)
        #expect(recent.values == [] && recent.bytes == 0)
        for number in 0..<1_000 { recent.note(number, for: "x\(number % 5)") }
        #expect(recent.values == [997, 998, 999])
        let removed = recent.remove("x4")
        #expect(removed == 999 && recent.count == 2)
    }
}

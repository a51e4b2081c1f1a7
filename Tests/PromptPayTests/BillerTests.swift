import Primitives
import Testing

@testable import PromptPay

@Suite("Billers")
struct BillerTests {
    private static let longest = String(repeating: "A", count: Biller.maxReferenceBytes)

    @Test("An id has 13 or 15 digits", arguments: 0...17)
    func ids(_ count: Int) {
        let biller = Biller(id: String(repeating: "1", count: count), reference1: "A")
        #expect((biller != nil) == [13, 15].contains(count))
        #expect(Biller(id: "09940001655OO", reference1: "A") == nil)
    }

    @Test("References are upper-case letters and digits", arguments: ["", "a", "A B", "A-1", "ก", "Ａ", longest + "A"])
    func references(_ text: String) {
        let id = "099400016550100"
        #expect(Biller(id: id, reference1: text) == nil)
        #expect(Biller(id: id, reference1: "A", reference2: text) == nil)
        #expect(Biller(id: id, reference1: "A", reference2: "B", reference3: text) == nil)
    }

    @Test("The longest of everything is written and read")
    func longestWritten() throws {
        let biller = try #require(
            Biller(
                id: "099400016550100", reference1: Self.longest, reference2: Self.longest, reference3: Self.longest))
        let amount = try #require(Money(decimal: "9999999999.99", .baht))
        let payload = try #require(PromptPayPayload(.biller(biller), amount: amount))
        #expect(payload.text.utf8.count <= 256)
        #expect(try PromptPayPayload(payload.text) == payload)
    }
}

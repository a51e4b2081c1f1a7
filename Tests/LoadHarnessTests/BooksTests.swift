import Primitives
import Testing

@testable import LoadHarness

@Suite struct BooksTests {
    private static let books = Books(counterpart: "the ledger")

    private static func entry(_ reference: String, _ amount: String, at offset: Int64 = 0) throws -> BookEntry {
        BookEntry(
            reference: reference, amount: try #require(Money(decimal: amount, .baht)),
            session: offset > 0 ? "line-oa/oa-1" : "", offset: offset)
    }

    @Test func booksThatAgreeHaveNoFindings() throws {
        let journal = [try Self.entry("004/A", "10.00", at: 7), try Self.entry("004/B", "0.25", at: 3)]
        let ledger = [try Self.entry("004/B", "0.25"), try Self.entry("004/A", "10.00")]
        #expect(Self.books.compare(journals: journal, counterpart: ledger).isEmpty)
        #expect(Self.books.compare(journals: [], counterpart: []).isEmpty)
    }

    @Test func whatOneSideHasAloneIsFound() throws {
        let journal = [try Self.entry("004/A", "10.00", at: 7)]
        let ledger = [try Self.entry("004/B", "10.00")]
        let findings = Self.books.compare(journals: journal, counterpart: ledger)
        #expect(findings.map(\.kind) == [.unbalanced, .unbalanced])
        #expect(findings.map(\.session) == ["line-oa/oa-1", ""])
        #expect(
            findings.map(\.detail) == [
                "004/A of 10.00 THB is not in the ledger", "the ledger has 004/B of 10.00 THB, which no journal has",
            ])
        #expect(findings.first?.journal.map(\.offset) == [7])
    }

    @Test(arguments: ["9.99", "10.01", "1000.00"]) func anotherAmountIsFound(_ amount: String) throws {
        let findings = Self.books.compare(
            journals: [try Self.entry("004/A", "10.00", at: 7)], counterpart: [try Self.entry("004/A", amount)])
        #expect(findings.map(\.kind) == [.unbalanced])
        #expect(findings.first?.detail == "004/A is 10.00 THB in the journal, \(amount) THB in the ledger")
    }

    @Test func anotherCurrencyIsFound() throws {
        let pesos = BookEntry(reference: "004/A", amount: try #require(Money(decimal: "10.00", .philippinePeso)))
        let findings = Self.books.compare(journals: [try Self.entry("004/A", "10.00", at: 7)], counterpart: [pesos])
        #expect(findings.map(\.kind) == [.unbalanced])
    }

    @Test func whatStandsThereTwiceIsFound() throws {
        let twice = [try Self.entry("004/A", "10.00", at: 7), try Self.entry("004/A", "10.00", at: 9)]
        let once = [try Self.entry("004/A", "10.00")]
        let inJournal = Self.books.compare(journals: twice, counterpart: once)
        #expect(inJournal.map(\.kind) == [.duplicated] && inJournal.first?.journal.map(\.offset) == [7, 9])
        let inLedger = Self.books.compare(journals: Array(twice.prefix(1)), counterpart: once + once)
        #expect(inLedger.map(\.kind) == [.unbalanced])
    }
}

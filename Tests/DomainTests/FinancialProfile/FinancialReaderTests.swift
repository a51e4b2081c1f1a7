import Testing

@testable import Domain

@Suite("Financial statements")
struct FinancialReaderTests {
    @Test("Labelled utterances are read as labelled", arguments: try Utterance.load())
    func vectors(_ utterance: Utterance) {
        #expect(FinancialReader.findings(in: utterance.text, asked: utterance.asked) == utterance.findings)
    }

    @Test("The table has at least ninety utterances with different names")
    func tableSize() throws {
        let names = try Utterance.load().map(\.name)
        #expect(names.count >= 90)
        #expect(Set(names).count == names.count)
    }
}

import JSON
import Testing

@testable import Domain

@Suite("Product recommendations")
struct ProductCatalogueTests {
    private func families(
        _ income: Int64?, _ expenses: Int64?, _ goals: [String]
    ) -> [ProductRecommendation.Family] {
        ProductCatalogue.recommendations(for: profile(income, expenses, goals)).map(\.family)
    }

    private func profile(_ income: Int64?, _ expenses: Int64?, _ goals: [String]) -> FinancialProfile {
        var profile = FinancialProfile()
        _ = profile.apply(
            FinancialReport(income: income.map { $0 * 100 }, expenses: expenses.map { $0 * 100 }, goals: goals))
        return profile
    }

    @Test("Nothing is recommended before the profile is complete")
    func incomplete() {
        #expect(families(nil, 20_000, ["ออมเงิน"]) == [])
        #expect(families(45_000, nil, ["ออมเงิน"]) == [])
        #expect(families(45_000, 20_000, []) == [])
    }

    @Test("Nothing is recommended while something is unsure")
    func unsure() {
        var profile = FinancialProfile()
        _ = profile.apply([
            .stated(.income, FinancialFigure(satang: 4_500_000)),
            .stated(.expenses, FinancialFigure(satang: 2_000_000)),
            .goal("ออมเงิน", satang: nil),
        ])
        #expect(!ProductCatalogue.recommendations(for: profile).isEmpty)
        _ = profile.apply(FinancialReport(income: 9_000_000))
        #expect(ProductCatalogue.recommendations(for: profile).isEmpty)
    }

    @Test(
        "Who has no income, or spends more than it, is offered nothing",
        arguments: ["ออมเงิน", "ซื้อรถ", "เที่ยวญี่ปุ่น", "เกษียณ", "ปลดหนี้"])
    func deficit(_ goal: String) {
        #expect(families(0, 20_000, [goal]) == [])
        #expect(families(20_000, 25_000, [goal]) == [])
        #expect(families(20_000, 20_000, [goal]) == [])
    }

    @Test("New credit needs a fifth of the income left each month")
    func credit() {
        #expect(families(40_000, 33_000, ["ซื้อรถ", "เที่ยวญี่ปุ่น"]) == [])
        #expect(families(40_000, 32_000, ["ซื้อรถ", "เที่ยวญี่ปุ่น"]) == [.personalLoan, .creditCard])
        #expect(families(14_000, 7000, ["เที่ยวญี่ปุ่น"]) == [])
    }

    @Test("A product needs a goal that it serves")
    func relevance() {
        #expect(families(45_000, 20_000, ["เก็บเงินให้ลูก"]) == [.savingsInsurance])
        #expect(families(45_000, 20_000, ["วางแผนเกษียณ"]) == [.savingsInsurance, .investmentFund])
        #expect(families(45_000, 20_000, ["เก็บเงินสำรองฉุกเฉิน"]) == [])
        #expect(families(45_000, 20_000, ["มีความสุข"]) == [])
        #expect(families(45_000, 20_000, ["ปลดหนี้บัตร", "เที่ยวญี่ปุ่น"]) == [.personalLoan])
    }

    @Test("There are never more than three")
    func bounded() {
        let found = families(90_000, 20_000, ["เกษียณ", "ซื้อรถ", "เที่ยวญี่ปุ่น", "ออมเงิน"])
        #expect(found == [.savingsInsurance, .investmentFund, .personalLoan])
    }

    @Test("A recommendation is written with names, type and a Thai reason, and read back")
    func json() throws {
        for product in ProductCatalogue.recommendations(for: profile(90_000, 20_000, ["เกษียณ", "ซื้อรถ"])) {
            let json = product.json
            #expect(json["id"]?.string == product.family.rawValue)
            for name in ["name", "nameEn", "type", "reason"] { #expect(json[name]?.string?.isEmpty == false) }
            #expect(json["reason"]?.string?.contains("ค่ะ") == true)
            #expect(ProductRecommendation(json: json) == product)
        }
        #expect(ProductRecommendation(json: ["id": "gold", "reason": "x"]) == nil)
        #expect(
            Set(ProductRecommendation.Family.allCases.map { ProductRecommendation(family: $0, reason: "").thaiName })
                .count == 4)
    }
}

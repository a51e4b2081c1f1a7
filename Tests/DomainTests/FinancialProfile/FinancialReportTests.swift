import JSON
import Testing

@testable import Domain

@Suite("The provider's report")
struct FinancialReportTests {
    @Test(
        "Arguments are read tolerantly",
        arguments: [
            (
                #"{"monthly_income_baht":45000,"monthly_expenses_baht":null,"goals":null}"#,
                FinancialReport(income: 4_500_000)
            ),
            (
                #"{"monthly_income_baht":45000.5,"goals":["ซื้อบ้าน"]}"#,
                FinancialReport(income: 4_500_050, goals: ["ซื้อบ้าน"])
            ),
            (#"{"monthly_expenses_baht":"20,000 บาท"}"#, FinancialReport(expenses: 2_000_000)),
            (#"{"monthly_income_baht":0,"monthly_expenses_baht":0}"#, FinancialReport(income: 0)),
            (#"{"goals":"เกษียณ","other":1}"#, FinancialReport(goals: ["เกษียณ"])),
            (#"{"goals":["ไม่มี","null","  ",3,{"a":1}," เที่ยว "]}"#, FinancialReport(goals: ["เที่ยว"])),
            (#"{}"#, FinancialReport()),
            (#"{"monthly_income_baht":-5,"monthly_expenses_baht":1e30}"#, FinancialReport()),
            (#"{"monthly_income_baht":9223372036854775807,"monthly_expenses_baht":true}"#, FinancialReport()),
            (#"{"monthly_income_baht":"30-40k","monthly_expenses_baht":"ไม่ถึง 20,000"}"#, FinancialReport()),
            (#"{"monthly_income_baht":45}"#, FinancialReport()),
        ])
    func tolerant(_ text: String, _ report: FinancialReport) { #expect(FinancialReport(text: text) == report) }

    @Test("What is no object is refused", arguments: ["", "[]", "45", "{", "null", "\"x\""])
    func refused(_ text: String) { #expect(FinancialReport(text: text) == nil) }

    @Test("Goals are bounded in number and length, and arguments in bytes")
    func bounded() throws {
        let goals = (0..<50).map { JSONValue.string("\($0) " + String(repeating: "ก", count: 1000)) }
        let report = try #require(FinancialReport(arguments: ["goals": .array(goals)]))
        #expect(report.goals.count == ReadingLimits.maxGoals)
        #expect(report.goals.allSatisfy { $0.unicodeScalars.count <= ReadingLimits.maxGoalScalars })
        let spaces = String(repeating: " ", count: FinancialReport.maxBytes)
        #expect(FinancialReport(text: "{}" + spaces) == nil)
        #expect(FinancialReport(text: "{}" + spaces.dropLast(2)) != nil)
    }
}

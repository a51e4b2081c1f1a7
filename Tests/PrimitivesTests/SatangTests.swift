import Primitives
import TestSupport
import Testing

@Suite("Amounts in satang")
struct SatangTests {
    @Test(
        arguments: [
            ("0", 0), ("0.00", 0), ("500", 50_000), ("500.5", 50_050), ("500.05", 50_005), ("0.01", 1),
            ("10000000000000.00", 1_000_000_000_000_000), ("0005.10", 510),
        ] as [(String, Int64)])
    func reading(text: String, count: Int64) throws {
        let amount = try #require(Satang(decimal: text))
        #expect(amount.count == count)
        #expect(Satang(decimal: amount.decimal) == amount)
    }

    @Test(arguments: [
        "", ".", "5.", ".5", "-1", "+1", "1,000", "1.000", "1e3", " 1", "1 ", "๕", "1.2.3", "0x1",
        "10000000000000.01", "999999999999999", "1\u{0}",
    ])
    func notAnAmount(text: String) { #expect(Satang(decimal: text) == nil) }

    @Test func bounds() throws {
        #expect(Satang(-1) == nil && Satang(Satang.maxSatang + 1) == nil && Satang(.max) == nil)
        let most = try #require(Satang(Satang.maxSatang))
        #expect(most.adding(most) == most)
        #expect(most.decimal == "10000000000000.00")
        #expect(Satang(5)?.decimal == "0.05" && Satang(50)?.decimal == "0.50" && Satang(12_345)?.decimal == "123.45")
    }

    @Test("A thousand sums in satang are exact to the satang")
    func sums() throws {
        var random = SeededRandom(seed: 7)
        var sum = Satang.zero
        var count: Int64 = 0
        for _ in 0..<1_000 {
            let next = Int64.random(in: 0...9_999_999, using: &random)
            count += next
            sum = sum.adding(try #require(Satang(next)))
            #expect(Satang(decimal: sum.decimal)?.count == count)
        }
    }
}

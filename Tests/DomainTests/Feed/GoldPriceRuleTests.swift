import Domain
import JSON
import Primitives
import Testing

@Suite("Whether a gold price is to be believed")
struct GoldPriceRuleTests {
    private static let now = Timestamp(rfc3339: "2026-10-01T17:30:00+07:00") ?? Timestamp(seconds: 0)
    private static let last = Gold.price(66_400, at: "2026-10-01T17:00:00+07:00")

    private func judge(
        _ price: GoldPrice, after latest: GoldPrice? = last, rejected: GoldPrice? = nil
    ) -> GoldPriceRule.Verdict {
        GoldPriceRule.judge(price, after: latest, rejected: rejected, at: Self.now)
    }

    @Test("Up to five per cent is news, whichever amount; more is held")
    func jump() {
        #expect(judge(Gold.price(66_450)) == .publish)
        #expect(judge(Gold.price(63_200)) == .publish)
        #expect(judge(Gold.price(69_600)) == .publish)
        #expect(judge(Gold.price(69_800)) == .hold(.jump))
        #expect(judge(Gold.price(63_000)) == .hold(.jump))
        #expect(judge(Gold.price(66_450, ornamentBuy: 50_000)) == .hold(.jump))
        // To the satang: 5 % of the bar's buying price of 66,200.
        let exactly = Gold.price(66_450, barBuy: "62890.00", ornamentBuy: nil)
        #expect(judge(exactly) == .publish)
        #expect(judge(Gold.price(66_450, barBuy: "62889.99", ornamentBuy: nil)) == .hold(.jump))
    }

    @Test("Who buys dearer than he sells, or for nothing, is not believed")
    func spread() {
        #expect(judge(Gold.price(66_400, barBuy: "66400.01")) == .refuse(.implausible))
        #expect(judge(Gold.price(66_400, barBuy: "66400.00")) == .refuse(.implausible))
        #expect(judge(Gold.price(66_400, barBuy: "0")) == .refuse(.implausible))
        #expect(judge(Gold.price(66_400, ornamentBuy: 67_200)) == .refuse(.implausible))
    }

    @Test("What is of the future is not, but clocks differ")
    func future() {
        #expect(judge(Gold.price(66_450, at: "2026-10-01T17:40:00+07:00")) == .publish)
        #expect(judge(Gold.price(66_450, at: "2026-10-01T17:40:01+07:00")) == .refuse(.implausible))
    }

    @Test("The same amounts are no news, whatever their number; older ones are stale")
    func unchanged() {
        #expect(judge(Gold.price(66_400, id: "99", at: "2026-10-01T17:29:00+07:00")) == .unchanged)
        #expect(judge(Gold.price(66_450, at: "2026-09-30T17:00:00+07:00")) == .stale)
    }

    @Test("A first price has nothing to be compared with but where gold has been")
    func first() {
        #expect(judge(Gold.price(66_400), after: nil) == .publish)
        // A day that has announced nothing yet shows yesterday's.
        #expect(judge(Gold.price(66_400, at: "2026-09-30T17:00:00+07:00"), after: nil) == .publish)
        #expect(judge(Gold.price(6_640), after: nil) == .hold(.first))
        #expect(judge(Gold.price(664_000), after: nil) == .hold(.first))
    }

    @Test("An announcement that a person has refused is not asked about again")
    func rejected() {
        let refused = Gold.price(80_000)
        #expect(judge(Gold.price(80_000), rejected: refused) == .rejected)
        #expect(judge(Gold.price(80_000, id: "the next"), rejected: refused) == .hold(.jump))
        #expect(judge(Gold.price(80_050), rejected: refused) == .hold(.jump))
        // It may be right some day.
        let near = Gold.price(78_000, at: "2026-10-01T17:00:00+07:00")
        #expect(judge(Gold.price(80_000), after: near, rejected: refused) == .publish)
    }

    @Test("It is stored as it is")
    func coding() {
        let price = GoldPrice(
            id: "87779", round: 22, announcedAt: Self.now, bar: Self.last.bar, ornament: Self.last.ornament,
            change: GoldPrice.Change(previous: -5_000, day: 10_025))
        #expect(GoldPrice(json: price.json) == price)
        #expect(price.json["change"]?["previous"] == "-50.00" && price.json["change"]?["day"] == "100.25")
        #expect(GoldPrice(json: Self.last.json) == Self.last)
        #expect(GoldPrice(json: ["id": "1"]) == nil)
    }
}

/// Prices of tests: the other amounts as far from the bar's as they are.
enum Gold {
    static func price(
        _ baht: Int64, id: String = "1", at: String = "2026-10-01T17:27:00+07:00", barBuy: String? = nil,
        ornamentBuy: Int64? = nil, change: GoldPrice.Change = GoldPrice.Change()
    ) -> GoldPrice {
        func satang(_ text: String) -> Satang { Satang(decimal: text) ?? .zero }
        return GoldPrice(
            id: id, round: nil, announcedAt: Timestamp(rfc3339: at) ?? Timestamp(seconds: 0),
            bar: GoldPrice.Pair(buy: satang(barBuy ?? "\(baht - 200)"), sell: satang("\(baht)")),
            ornament: GoldPrice.Pair(
                buy: satang("\(ornamentBuy ?? baht - 1_600)"), sell: satang("\(baht + 800)")), change: change)
    }
}

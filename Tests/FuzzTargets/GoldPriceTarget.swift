import Domain
import GoldPrices
import JSON
import Primitives
import TestSupport

extension FuzzTarget {
    /// An answer of the source of the gold price. What is read in it is stored and read again as the same, its parts are of a bounded
    /// length and can stand in a database, and no rule falls over it. Flag 1: a price is known already; flag 2: it is of another day.
    static let goldPrice = FuzzTarget(
        "gold-price",
        words: [
            "\"goldPriceID\":", "\"asTime\":\"2026-10-01T17:27:00\"", "\"seq\":", "\"priceSeq\":", "\"bL_BuyPrice\":",
            "\"bL_SellPrice\":", "\"oM965_BuyPrice\":", "\"oM965_SellPrice\":", "\"priceChangeFromPrevRow\":-",
            "\"priceChangeFromPrevDayLast\":", "66200.00", "null", "+07:00",
        ]
    ) { input in
        guard case .price(let price) = GoldTradersAnswer.read(input.payload) else { return }
        try expect((1...GoldPrice.maxIDBytes).contains(price.id.utf8.count), price.id)
        try expect(price.id.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "an id with \(price.id)")
        try expect(GoldPrice(json: price.json) == price, price.json.text)
        try expect(price.json.bytes.count <= 1_024, "\(price.json.bytes.count) bytes")
        let known = input.has(1) ? latest(input.has(2) ? -86_400 : 0) : nil
        switch GoldPriceRule.judge(price, after: known, rejected: nil, at: now) {
        case .publish, .hold:
            try expect(price.bar.buy < price.bar.sell && price.ornament.buy < price.ornament.sell, price.json.text)
            try expect(price.announcedAt <= now.advanced(by: GoldPriceRule.maxAhead), price.json.text)
        case .unchanged, .stale, .rejected: try expect(known != nil, "compared with nothing")
        case .refuse(let failure): try expect(failure == .implausible, failure.rawValue)
        }
    } seeds: {
        try Vectors.load("gold").flatMap { vector in
            let body = Array((vector["input"]?["body"]?.string ?? "").utf8)
            return [FuzzInput.bytes(body), FuzzInput.bytes(flags: 1, body), FuzzInput.bytes(flags: 3, body)]
        }
    }

    /// 2026-10-01T17:30:00+07:00.
    private static let now = Timestamp(seconds: 1_790_850_600)

    private static func latest(_ seconds: Int64) -> GoldPrice {
        func satang(_ baht: Int64) -> Satang { Satang(baht * 100) ?? .zero }
        return GoldPrice(
            id: "1", round: 1, announcedAt: now.advanced(by: .seconds(seconds)),
            bar: GoldPrice.Pair(buy: satang(66_000), sell: satang(66_200)),
            ornament: GoldPrice.Pair(buy: satang(64_800), sell: satang(67_000)))
    }
}

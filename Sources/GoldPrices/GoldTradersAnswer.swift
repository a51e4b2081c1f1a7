package import Domain
internal import JSON
internal import Primitives

/// Reads what the Gold Traders Association (สมาคมค้าทองคำ) answers at `/api/GoldPrices/Latest`.
///
/// No document of theirs describes it; the form is that of answers recorded in 2026: amounts as JSON numbers, in baht, and
/// `asTime` on Bangkok's clock without an offset. Nothing else of it is believed, and what has another form is refused whole.
package enum GoldTradersAnswer {
    /// Of an answer's body; a real one has under 1 KiB.
    package static let maxBodyBytes = 64 * 1_024
    private static let maxTimeBytes = 40
    /// 2000 to 2199.
    private static let years = Timestamp(seconds: 946_684_800)..<Timestamp(seconds: 7_258_118_400)

    package static func read(_ body: [UInt8]) -> GoldAnswer {
        guard body.count <= maxBodyBytes else { return .failure(.unreadable) }
        let json: JSONValue
        // To the digit: an amount must not become a binary fraction.
        do { json = try JSONParser.parseExactly(body) } catch { return .failure(.unreadable) }
        guard let announcedAt = time(json["asTime"]), let bar = pair(json, "bL_BuyPrice", "bL_SellPrice"),
            let ornament = pair(json, "oM965_BuyPrice", "oM965_SellPrice")
        else { return .failure(.unreadable) }
        let round = round(json["priceSeq"]) ?? round(json["seq"])
        guard let id = id(json["goldPriceID"], announcedAt, round) else { return .failure(.unreadable) }
        return .price(
            GoldPrice(
                id: id, round: round, announcedAt: announcedAt, bar: bar, ornament: ornament,
                change: GoldPrice.Change(
                    previous: change(json["priceChangeFromPrevRow"]), day: change(json["priceChangeFromPrevDayLast"]))))
    }

    /// Where there is no number, the time and the round are one.
    private static func id(_ json: JSONValue?, _ at: Timestamp, _ round: Int64?) -> String? {
        switch json {
        case .integer(let number)? where number >= 0: String(number)
        case nil, .null?: round.map { "\(at.seconds)/\($0)" }
        default: nil
        }
    }

    private static func round(_ json: JSONValue?) -> Int64? {
        guard case .integer(let number)? = json, (1...10_000).contains(number) else { return nil }
        return number
    }

    private static func time(_ json: JSONValue?) -> Timestamp? {
        guard let text = json?.string, text.utf8.count <= maxTimeBytes,
            let time = Timestamp(rfc3339: text + "+07:00") ?? Timestamp(rfc3339: text), years.contains(time)
        else { return nil }
        // Whole milliseconds, as it is written again.
        return Timestamp(microseconds: time.microseconds - time.microseconds % 1_000)
    }

    private static func pair(_ json: JSONValue, _ buy: String, _ sell: String) -> GoldPrice.Pair? {
        guard let buy = amount(json[buy]), let sell = amount(json[sell]) else { return nil }
        return GoldPrice.Pair(buy: buy, sell: sell)
    }

    private static func amount(_ json: JSONValue?) -> Satang? {
        guard let digits = digits(json) else { return nil }
        return Satang(decimal: digits)
    }

    /// A change that cannot be read is not told: the price is what matters.
    private static func change(_ json: JSONValue?) -> Int64? {
        guard let digits = digits(json) else { return nil }
        let isNegative = digits.hasPrefix("-")
        guard let amount = Satang(decimal: String(digits.dropFirst(isNegative ? 1 : 0))) else { return nil }
        return isNegative ? -amount.count : amount.count
    }

    /// A number as it stands, without zeros at the end of its decimals beyond the second.
    private static func digits(_ json: JSONValue?) -> String? {
        switch json {
        case .integer(let number)?: return String(number)
        case .string(let text)?:
            guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")), text.utf8.count <= 32 else {
                return text.utf8.count <= 32 ? text : nil
            }
            var digits = text
            while digits.utf8.count - digits.utf8.distance(from: digits.utf8.startIndex, to: point) > 3,
                digits.hasSuffix("0")
            {
                digits.removeLast()
            }
            return digits
        default: return nil
        }
    }
}

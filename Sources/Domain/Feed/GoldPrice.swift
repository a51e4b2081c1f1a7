package import JSON
package import Primitives

/// One announcement of the gold price: baht for one baht-weight of gold of 96.5 %, as shops buy it from customers and sell it to
/// them.
package struct GoldPrice: Sendable, Equatable {
    package struct Pair: Sendable, Equatable {
        /// What a shop pays.
        package let buy: Satang
        /// What a shop takes.
        package let sell: Satang

        package init(buy: Satang, sell: Satang) {
            self.buy = buy
            self.sell = sell
        }
    }

    /// By how much the price of a bar to buy in a shop has changed, in satang; negative: it has become cheaper. nil: nobody knows.
    package struct Change: Sendable, Equatable {
        /// Since the price before.
        package let previous: Int64?
        /// Since the last price of an earlier day.
        package let day: Int64?

        package init(previous: Int64? = nil, day: Int64? = nil) {
            self.previous = previous
            self.day = day
        }
    }

    /// The source's own.
    package let id: String
    /// Of the day, from 1.
    package let round: Int64?
    package let announcedAt: Timestamp
    package let bar: Pair
    package let ornament: Pair
    package let change: Change

    package static let maxIDBytes = 64

    package init(
        id: String, round: Int64?, announcedAt: Timestamp, bar: Pair, ornament: Pair, change: Change = Change()
    ) {
        self.id = id
        self.round = round
        self.announcedAt = announcedAt
        self.bar = bar
        self.ornament = ornament
        self.change = change
    }

    /// The same amounts, whatever is told of them.
    package func isSamePrice(as other: GoldPrice) -> Bool { bar == other.bar && ornament == other.ornament }

    /// The price as it is told when `earlier` was the one before: its change is counted from what was published here; the
    /// source's own count stands where there was nothing.
    func following(_ earlier: GoldPrice?) -> GoldPrice {
        var previous = change.previous
        var day = change.day
        if let earlier {
            previous = bar.sell.count - earlier.bar.sell.count
            if BangkokClock.day(of: announcedAt) > BangkokClock.day(of: earlier.announcedAt) {
                day = previous
            } else if let before = earlier.change.day {
                // What it had changed by then, and since.
                day = before + bar.sell.count - earlier.bar.sell.count
            }
        }
        return GoldPrice(
            id: id, round: round, announcedAt: announcedAt, bar: bar, ornament: ornament,
            change: Change(previous: previous, day: day))
    }
}

extension GoldPrice: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["id": .string(id)]
        object["round"] = round.map(JSONValue.integer)
        object["announcedAt"] = .string(announcedAt.rfc3339)
        object["bar"] = bar.json
        object["ornament"] = ornament.json
        var changes: JSONObject = [:]
        changes["previous"] = change.previous.map { .string(Self.signed($0)) }
        changes["day"] = change.day.map { .string(Self.signed($0)) }
        if !changes.members.isEmpty { object["change"] = .object(changes) }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        var change = Change()
        if let changes = fields.value(ifPresent: "change") {
            let read = try JSONFields(changes, as: "change")
            change = Change(previous: try Self.signed(read, "previous"), day: try Self.signed(read, "day"))
        }
        self.init(
            id: try fields.string("id"), round: try fields.integer(ifPresent: "round"),
            announcedAt: try fields.time("announcedAt"), bar: try fields.part("bar"),
            ornament: try fields.part("ornament"), change: change)
    }

    /// `-50.00`, `100.00`, `0.00`.
    private static func signed(_ satang: Int64) -> String {
        (satang < 0 ? "-" : "") + (Satang(Int64(clamping: satang.magnitude)) ?? .zero).decimal
    }

    private static func signed(_ fields: JSONFields, _ name: String) throws(JSONFieldFailure) -> Int64? {
        guard let text = try fields.string(ifPresent: name) else { return nil }
        let isNegative = text.hasPrefix("-")
        guard let amount = Satang(decimal: String(text.dropFirst(isNegative ? 1 : 0))) else {
            throw JSONFieldFailure(field: name)
        }
        return isNegative ? -amount.count : amount.count
    }
}

extension GoldPrice.Pair: JSONWritable, JSONReadable {
    package var object: JSONObject { ["buy": .string(buy.decimal), "sell": .string(sell.decimal)] }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(buy: try fields.satang("buy"), sell: try fields.satang("sell"))
    }
}

internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Sessions
internal import Transport
internal import WireProtocol

/// `GET /gold-price/latest`, `/current` and `/history`.
enum GoldReading {
    // MARK: Now

    static func latest(_ request: GoldRequest) {
        one(request) { entry, price in
            var data = GoldView.prices(price)
            data["comparePrevious"] = .string(GoldView.signed(price.change.previous))
            data["compareYesterday"] = .string(GoldView.signed(price.change.day))
            data["createdAt"] = .string(price.announcedAt.rfc3339)
            data["goldPrice"] = .object(GoldView.row(entry.offset, price))
            request.envelope.succeed("Latest gold price retrieved successfully", .object(data))
        }
    }

    static func current(_ request: GoldRequest) {
        one(request) { entry, price in
            var data = GoldView.row(entry.offset, price)
            data["source"] = .string(GoldView.currentSource)
            data["lastUpdated"] = .string(price.announcedAt.rfc3339)
            data["isActive"] = true
            request.envelope.succeed("Current gold price retrieved successfully", .object(data))
        }
    }

    private static func one(
        _ request: GoldRequest, _ use: @escaping @Sendable (Feed.Entry, GoldPrice) -> Void
    ) {
        let refused: @Sendable (Fault) -> Void = request.routed.onLoop { request.refuse($0) }
        let found: @Sendable (Feed) -> Void = request.routed.onLoop { feed in
            guard let entry = feed.latest, let price = feed.latestPrice else {
                return request.refuse(Fault(.noSuchSession))
            }
            use(entry, price)
        }
        let (address, caller) = (request.address, request.caller)
        request.routed.services.withRegistry(of: address) { $0.readFeed(address, caller, refused, { $0 }, found) }
    }

    // MARK: History

    /// The first chapter pages by `startDate`, `endDate` and `limit`, the last by `page`, `limit`, `dateFrom`, `dateTo` and `sortOrder`:
    /// both are taken, days are Bangkok's, and the last one counts whole.
    static func history(_ request: GoldRequest) throws(PawnshopRefusal) {
        let query = request.routed.request.query
        var violations: [FieldViolation] = []
        let from = day(query, "startDate", or: "dateFrom", &violations)
        let to = day(query, "endDate", or: "dateTo", &violations)
        if let from, let to, to < from {
            let name = query["endDate"] == nil ? "dateTo" : "endDate"
            violations.append(
                FieldViolation(field: name, message: "\(name) must not be before the start", code: .range))
        }
        let page = number(query, "page", absent: 1, 1...GoldPriceQuery.maxHistory, &violations)
        let limit = number(
            query, "limit", absent: query["page"] == nil ? defaultLimit : defaultPageLimit, 1...GoldPriceQuery.maxSize,
            &violations)
        let order = query["sortOrder"] ?? "desc"
        if order != "desc", order != "asc" {
            violations.append(
                FieldViolation(field: "sortOrder", message: "sortOrder must be asc or desc", code: .value))
        }
        guard violations.isEmpty else { throw PawnshopRefusal(violations) }
        let asked = GoldPriceQuery(
            from: from, until: to?.advanced(by: .seconds(86_400)), isNewestFirst: order == "desc", page: page,
            size: limit)
        request.routed.gateway.own.goldPrices.prices(asked, of: request.address) { result in
            switch result {
            case .failure: request.refuse(Fault(.overloaded, "the store is unavailable", retryAfter: .seconds(1)))
            case .success(let found):
                let pages = (found.total + limit - 1) / limit
                request.envelope.succeed(
                    "Gold price history retrieved successfully",
                    .array(found.items.map { .object(GoldView.historyRow($0)) }),
                    more: [
                        "pagination": [
                            "page": .integer(Int64(page)), "limit": .integer(Int64(limit)),
                            "total": .integer(Int64(found.total)), "totalPages": .integer(Int64(pages)),
                        ]
                    ])
            }
        }
    }

    /// Of the first chapter, which has no pages.
    static let defaultLimit = 100
    /// Of the last one.
    static let defaultPageLimit = 10

    private static func day(
        _ query: HTTPQuery, _ name: String, or other: String, _ violations: inout [FieldViolation]
    ) -> Timestamp? {
        let given = query[name] == nil ? other : name
        guard let text = query[given] else { return nil }
        if let day = BangkokClock.start(ofDate: text) { return day }
        violations.append(FieldViolation(field: given, message: "\(given) must be a date (YYYY-MM-DD)", code: .format))
        return nil
    }

    private static func number(
        _ query: HTTPQuery, _ name: String, absent: Int, _ range: ClosedRange<Int>, _ violations: inout [FieldViolation]
    ) -> Int {
        guard let text = query[name] else { return absent }
        if let number = Int(text), range.contains(number) { return number }
        let message = "\(name) must be \(range.lowerBound) to \(range.upperBound)"
        violations.append(FieldViolation(field: name, message: message, code: .range))
        return absent
    }
}

/// A price as the document shows it: baht as numbers, and of the four amounts the bar's as `buyPrice` and `sellPrice`.
enum GoldView {
    static let source = "EXTERNAL_API"
    static let currentSource = "External API"

    static func prices(_ price: GoldPrice) -> JSONObject {
        [
            "goldBarBuy": baht(price.bar.buy.count), "goldBarSell": baht(price.bar.sell.count),
            "goldJewelryBuy": baht(price.ornament.buy.count), "goldJewelrySell": baht(price.ornament.sell.count),
        ]
    }

    static func row(_ offset: Int64, _ price: GoldPrice) -> JSONObject {
        [
            "id": .integer(offset), "buyPrice": baht(price.bar.buy.count), "sellPrice": baht(price.bar.sell.count),
            "date": .string(BangkokClock.date(of: price.announcedAt)), "source": .string(source),
            "createdAt": .string(price.announcedAt.rfc3339),
        ]
    }

    static func historyRow(_ row: GoldPriceRow) -> JSONObject {
        var object = self.row(row.offset, row.price)
        for member in prices(row.price).members { object[member.name] = member.value }
        let change = row.price.change.previous ?? 0
        object["priceChange"] = baht(change)
        object["percentageChange"] = percentage(change, of: row.price.bar.sell.count - change)
        object["lastUpdated"] = object["createdAt"]
        return object
    }

    static func pair(_ price: GoldPrice?) -> JSONValue {
        guard let price else { return .null }
        return ["buyPrice": baht(price.bar.buy.count), "sellPrice": baht(price.bar.sell.count)]
    }

    static func change(to price: GoldPrice, from earlier: GoldPrice?) -> JSONValue {
        let change = earlier.map { price.bar.sell.count - $0.bar.sell.count } ?? 0
        return ["amount": baht(change), "percentage": percentage(change, of: earlier?.bar.sell.count ?? 0)]
    }

    /// To the satang: amounts here are far below 2^53.
    static func baht(_ satang: Int64) -> JSONValue {
        satang % 100 == 0 ? .integer(satang / 100) : .double(Double(satang) / 100)
    }

    /// Two decimals; 0 of nothing.
    static func percentage(_ change: Int64, of whole: Int64) -> JSONValue {
        guard whole > 0 else { return 0 }
        return .double((Double(change) / Double(whole) * 10_000).rounded() / 100)
    }

    /// `+50`, `-200`, `0`.
    static func signed(_ satang: Int64?) -> String {
        let satang = satang ?? 0
        guard satang != 0, let amount = Satang(Int64(clamping: satang.magnitude)) else { return "0" }
        return (satang < 0 ? "-" : "+") + amount.number
    }
}

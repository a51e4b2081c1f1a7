internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// The gold traders' announcements: `GET /gold/api/GoldPrices/Latest` and `…/Details`, in the form that was recorded of them. A control
/// that sets a price makes an announcement of it. Confined to the stand-ins' loop.
final class GoldStandin: Standin {
    /// One announcement; amounts in satang.
    struct Announcement: Sendable, Equatable {
        var id: Int64
        var round: Int64
        var at: Timestamp
        var barBuy: Int64
        var barSell: Int64
        var ornamentBuy: Int64
        var ornamentSell: Int64
        var changeFromRow: Int64
        var changeFromDay: Int64
    }

    let name = "gold"
    private let loop: EventLoop
    /// Of the day, oldest first; never empty.
    private(set) var announcements: [Announcement] = []
    /// The last price of the day before.
    private var closing: Int64
    private var isSwapped = false
    private var lacksOrnament = false
    private var challenges = false

    /// Of a day; older ones are forgotten.
    static let maxAnnouncements = 200
    /// In satang; no price is set above or below.
    private static let amounts: ClosedRange<Int64> = 0...100_000_000
    private static let spread: Int64 = 20_000
    private static let ornamentSpread: Int64 = 80_000
    private static let firstSell: Int64 = 6_640_000

    init(loop: EventLoop) {
        self.loop = loop
        closing = Self.firstSell - 10_000
        begin()
    }

    private func begin() {
        closing = Self.firstSell - 10_000
        announcements = [
            Self.announcement(
                id: 87_779, round: 1, sell: Self.firstSell, at: loop.time.wallClock, row: 0, closing: closing)
        ]
    }

    /// With the other amounts as far from the bar's as they were in 2026: a baht-weight of ornaments is bought by whole baht a gram.
    private static func announcement(
        id: Int64, round: Int64, sell: Int64, at: Timestamp, row: Int64, closing: Int64
    ) -> Announcement {
        let buy = max(0, sell - spread)
        // 15.16 g at 98 % of the bar's price; exact to the satang.
        let perGram = buy * 98 / 100 / 1_516
        return Announcement(
            id: id, round: round, at: at, barBuy: buy, barSell: sell, ornamentBuy: perGram * 1_516,
            ornamentSell: sell + ornamentSpread, changeFromRow: row, changeFromDay: sell - closing)
    }

    // MARK: Calls

    func failure(_ status: Int) -> HTTPResponse {
        status == 403
            ? Self.page(.forbidden)
            : .json(HTTPStatus(code: status) ?? .internalServerError, ["title": "failing as told"])
    }

    /// What stands before the real one shows to data centres.
    private static func page(_ status: HTTPStatus) -> HTTPResponse {
        var response = HTTPResponse(
            status: status, body: Array("<!DOCTYPE html><title>Just a moment...</title>\n".utf8))
        response.headers.set("Content-Type", "text/html; charset=UTF-8")
        return response
    }

    func receive(_ call: StandinCall) {
        guard !challenges else { return call.respond(Self.page(.forbidden)) }
        guard call.request.method == .get, call.segments.starts(with: ["api", "GoldPrices"]), call.segments.count == 3
        else { return call.respond(.json(.notFound, ["title": "Not Found", "status": 404])) }
        switch call.segments.last {
        case "Latest": call.respond(Self.response(announcements.last.map(row) ?? .null))
        case "Details": call.respond(Self.response(.array(announcements.reversed().map(row))))
        default: call.respond(.json(.notFound, ["title": "Not Found", "status": 404]))
        }
    }

    private static func response(_ json: JSONValue) -> HTTPResponse {
        var response = HTTPResponse.json(.ok, json)
        response.headers.set("Content-Type", "application/json; charset=utf-8")
        return response
    }

    private func row(_ announcement: Announcement) -> JSONValue {
        func baht(_ satang: Int64) -> JSONValue { .double(Double(satang) / 100) }
        let (buy, sell) =
            isSwapped
            ? (announcement.barSell, announcement.barBuy) : (announcement.barBuy, announcement.barSell)
        var object: JSONObject = [
            "goldPriceID": .integer(announcement.id),
            // On Bangkok's clock, without an offset.
            "asTime": .string(String(announcement.at.rfc3339.prefix(19))),
            "seq": .integer(announcement.round), "priceSeq": .integer(announcement.round),
            "bL_BuyPrice": baht(buy), "bL_SellPrice": baht(sell),
        ]
        if !lacksOrnament {
            object["oM965_BuyPrice"] = baht(announcement.ornamentBuy)
            object["oM965_SellPrice"] = baht(announcement.ornamentSell)
            object["oM965_BuyGPrice"] = baht(announcement.ornamentBuy * 100 / 1_516)
        }
        object["oM9999_BuyPrice"] = .null
        object["goldSpot"] = 4165
        object["bahtPerUSD"] = .double(33.68)
        object["priceChangeFromPrevRow"] = baht(announcement.changeFromRow)
        object["priceChangeFromPrevDayLast"] = baht(announcement.changeFromDay)
        return .object(object)
    }

    // MARK: Controls

    func reset() {
        isSwapped = false
        lacksOrnament = false
        challenges = false
        begin()
    }

    var settings: JSONObject {
        [
            "announcement": announcements.last.map(row) ?? .null, "swapped": .bool(isSwapped),
            "missingOrnament": .bool(lacksOrnament), "challenge": .bool(challenges),
        ]
    }

    /// `price` is what a bar costs; the others follow unless they are given, too. Any of them, or a time, is an announcement.
    func change(_ members: JSONObject) throws(BehaviourError) {
        guard let latest = announcements.last else { return }
        var (swapped, lacks, challenge) = (isSwapped, lacksOrnament, challenges)
        var (isNew, keepsID) = (false, false)
        var sell: Int64?
        var others: [(WritableKeyPath<Announcement, Int64>, Int64)] = []
        var at = loop.time.wallClock
        for member in members.members {
            switch member.name {
            case "price", "barSell": sell = try Self.satang(member)
            case "jumpPercent":
                guard let percent = member.value.integer, (-99...1_000).contains(percent) else {
                    throw BehaviourError("jumpPercent is a whole number from -99 to 1000")
                }
                sell = latest.barSell + latest.barSell * percent / 100
            case "barBuy": others.append((\.barBuy, try Self.satang(member)))
            case "ornamentBuy": others.append((\.ornamentBuy, try Self.satang(member)))
            case "ornamentSell": others.append((\.ornamentSell, try Self.satang(member)))
            case "round":
                guard let round = member.value.integer, (1...10_000).contains(round) else {
                    throw BehaviourError("round is a whole number from 1 to 10000")
                }
                others.append((\.round, round))
            case "asTime":
                guard let time = try member.text().flatMap({ Timestamp(rfc3339: $0) }) else {
                    throw BehaviourError("asTime is a time of RFC 3339")
                }
                at = time
                isNew = true
            case "sameID": keepsID = try member.flag()
            case "swapped": swapped = try member.flag()
            case "missingOrnament": lacks = try member.flag()
            case "challenge": challenge = try member.flag()
            default: throw .unknown(member)
            }
        }
        isNew = isNew || sell != nil || !others.isEmpty
        (isSwapped, lacksOrnament, challenges) = (swapped, lacks, challenge)
        guard isNew else { return }
        let price = sell ?? latest.barSell
        var next = Self.announcement(
            id: keepsID ? latest.id : latest.id + 1, round: latest.round + 1, sell: price, at: at,
            row: price - latest.barSell, closing: closing)
        for (path, value) in others { next[keyPath: path] = value }
        announcements.append(next)
        if announcements.count > Self.maxAnnouncements { announcements.removeFirst() }
    }

    /// Baht as a number or a decimal text.
    private static func satang(_ member: JSONObject.Member) throws(BehaviourError) -> Int64 {
        let digits = member.value.string ?? member.value.integer.map(String.init)
        let amount =
            digits.flatMap { Satang(decimal: $0)?.count }
            ?? member.value.double.map { Int64(($0 * 100).rounded().clamped) }
        guard let amount, amounts.contains(amount) else {
            throw BehaviourError("\(member.name) is an amount of baht up to 1000000")
        }
        return amount
    }
}

extension Double {
    /// Within what a price can be, or just outside.
    fileprivate var clamped: Double { isFinite ? min(max(self, -1), 1e12) : -1 }
}

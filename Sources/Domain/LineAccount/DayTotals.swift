package import JSON
package import Primitives

/// What happened on one day in Asia/Bangkok (UTC+07:00, no daylight saving). Each slip counts on the day of its event.
package struct DayTotals: Sendable, Equatable {
    /// Days since 1970-01-01 in Bangkok.
    package private(set) var day: Int64
    package private(set) var received = 0
    package private(set) var credited = 0
    package private(set) var duplicate = 0
    package private(set) var failed = 0
    /// How often a slip went to a person.
    package private(set) var reviewed = 0
    package private(set) var creditedAmount = Satang.zero

    package init(at: Timestamp) { day = Self.day(of: at) }

    package static func day(of time: Timestamp) -> Int64 {
        let local = time.seconds + 7 * 3_600
        return local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
    }

    /// `2026-11-21`.
    package var date: String {
        let (year, month, number) = Timestamp.civil(fromDays: day)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(number))"
    }

    package mutating func count(_ event: SlipEvent, at: Timestamp) {
        if Self.day(of: at) != day { self = DayTotals(at: at) }
        switch event {
        case .received: received += 1
        case .credited(let proof):
            credited += 1
            creditedAmount = creditedAmount.adding(proof.amount)
        case .duplicate: duplicate += 1
        case .failed: failed += 1
        case .review: reviewed += 1
        case .identified, .delayed, .verified, .matched, .userFound, .crediting, .creditUnclear, .retried, .resolved:
            break
        }
    }
}

extension DayTotals: JSONWritable, JSONReadable {
    package var object: JSONObject {
        [
            "date": .string(date), "day": .integer(day), "received": .integer(Int64(received)),
            "credited": .integer(Int64(credited)), "duplicate": .integer(Int64(duplicate)),
            "failed": .integer(Int64(failed)), "reviewed": .integer(Int64(reviewed)),
            "creditedAmount": .string(creditedAmount.decimal),
        ]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        day = try fields.integer("day")
        received = try fields.count("received")
        credited = try fields.count("credited")
        duplicate = try fields.count("duplicate")
        failed = try fields.count("failed")
        reviewed = try fields.count("reviewed")
        creditedAmount = try fields.satang("creditedAmount")
    }
}

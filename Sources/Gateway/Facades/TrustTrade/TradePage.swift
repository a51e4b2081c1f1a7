internal import HTTP1
internal import JSON
internal import Transport

/// Which page of a list is asked for (`?page=&limit=`), and how the document tells of it (§7.2).
struct TradePage: Sendable, Equatable {
    static let defaultLimit = 20

    let page: Int
    let limit: Int

    /// - Parameters:
    ///   - history: how long the list can be.
    ///   - size: how long a page can be; nil: as the list.
    init(_ request: TradeRequest, history: Int, size: Int? = nil, _ violations: inout [FieldViolation]) {
        // Behind the last page there is nothing, however far.
        page = Self.number("page", 1, 1...history, request, &violations)
        limit = Self.number("limit", Self.defaultLimit, 1...(size ?? history), request, &violations)
    }

    private static func number(
        _ name: String, _ absent: Int, _ range: ClosedRange<Int>, _ request: TradeRequest,
        _ violations: inout [FieldViolation]
    ) -> Int {
        guard let text = request.routed.request.query[name] else { return absent }
        if let number = Int(text), range.contains(number) { return number }
        let message = "\(name) must be \(range.lowerBound) to \(range.upperBound)"
        violations.append(FieldViolation(field: name, message: message, code: .range))
        return absent
    }

    /// The status that is asked for; nil: all.
    static func status<Status: RawRepresentable<String> & CaseIterable>(
        _ request: TradeRequest, _ type: Status.Type, _ violations: inout [FieldViolation]
    ) -> Status? {
        guard let word = request.routed.request.query["status"] else { return nil }
        if let status = Status(rawValue: word) { return status }
        let choices = Status.allCases.map(\.rawValue).joined(separator: ", ")
        violations.append(FieldViolation(field: "status", message: "status must be one of \(choices)", code: .value))
        return nil
    }

    func pagination(total: Int) -> JSONObject {
        let pages = (total + limit - 1) / limit
        return [
            "page": .integer(Int64(page)), "limit": .integer(Int64(limit)), "total": .integer(Int64(total)),
            "totalPages": .integer(Int64(pages)), "hasNext": .bool(page < pages), "hasPrev": .bool(page > 1),
        ]
    }
}

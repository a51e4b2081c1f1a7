internal import Authentication
internal import Domain
internal import HTTP1
internal import JSON
internal import Ports
internal import Primitives
internal import Reactor
internal import Transport
internal import WireProtocol

/// Pawn Shop's activity log: who chatted, gave tokens back and cleaned up. Never what was said.
enum PawnshopActivities {
    /// UTF-8 bytes of one filter.
    static let maxFilterBytes = 256
    /// Days that a clean-up may keep.
    static let maxDays: Int64 = 3_650
    static let usualDays: Int64 = 90

    static func list(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try requireReader(request)
        try answer(request, subject: try filter("userId", request))
    }

    static func ofUser(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        let subject = request.parameters["id"] ?? ""
        if subject != request.principal.subject { try request.principal.requireAdmin() }
        try answer(request, subject: subject)
    }

    private static func requireReader(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try request.principal.requireAdmin()
        try request.principal.require(.log)
        try request.principal.require(.readActivityLog)
    }

    private static func answer(_ request: PawnshopRequest, subject: String?) throws(PawnshopRefusal) {
        let page = try PawnshopPage(request.routed.request)
        var query = ActivityQuery(tenant: request.principal.tenant, page: page.page, size: page.limit)
        query.subject = subject
        query.activity = try filter("activity", or: "action", request)
        query.entityType = try filter("entityType", or: "tableName", request)
        query.text = try filter("search", request)
        query.from = try day("startDate", or: "dateFrom", request)
        query.until = try day("endDate", or: "dateTo", request)?.advanced(by: .seconds(86_400))
        let message = "Activity logs retrieved successfully"
        switch request.query["success"] {
        case nil, "", "true": break
        // What failed is no activity: nothing of the kind is kept.
        case "false": return request.envelope.succeed(message, page.data([], total: 0))
        default:
            throw PawnshopRefusal([
                FieldViolation(field: "success", message: "success must be true or false", code: .value)
            ])
        }
        request.routed.gateway.own.activities.activities(query) { result in
            switch result {
            case .failure(let failure): request.refuse(failure)
            case .success(let found):
                request.envelope.succeed(message, page.data(found.items.map(line), total: found.total))
            }
        }
    }

    static func one(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try requireReader(request)
        guard let id = Int64(request.parameters["id"] ?? ""), id > 0 else {
            throw PawnshopRefusal(Fault(.noSuchSession, "no such activity"))
        }
        request.routed.gateway.own.activities.activity(id, tenant: request.principal.tenant) { result in
            switch result {
            case .failure(let failure): request.refuse(failure)
            case .success(nil): request.refuse(Fault(.noSuchSession, "no such activity"))
            case .success(let found?):
                request.envelope.succeed("Activity log retrieved successfully", ["activityLog": line(found)])
            }
        }
    }

    static func statistics(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try requireReader(request)
        let since = request.routed.exchange.loop.time.wallClock.startOfBangkokDay
        request.routed.gateway.own.activities.statistics(tenant: request.principal.tenant, since: since) { result in
            switch result {
            case .failure(let failure): request.refuse(failure)
            case .success(let found):
                request.envelope.succeed(
                    "Activity statistics retrieved successfully",
                    [
                        "totalActivities": .integer(found.total), "activitiesToday": .integer(found.recent),
                        "uniqueUsers": .integer(found.subjects),
                        "byActivity": .array(
                            found.byActivity.map { ["activity": .string($0.name), "count": .integer($0.count)] }),
                        "byUser": .array(
                            found.bySubject.map {
                                ["userId": PawnshopEnvelope.id($0.name), "count": .integer($0.count)]
                            }),
                    ])
            }
        }
    }

    // MARK: Cleaning up

    static func cleanUp(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try requireReader(request)
        try forget(request, "days")
    }

    static func delete(_ request: PawnshopRequest) throws(PawnshopRefusal) {
        try request.principal.requireAdmin()
        try request.principal.require(.deleteActivityLog)
        try forget(request, "olderThan")
    }

    private static func forget(_ request: PawnshopRequest, _ field: String) throws(PawnshopRefusal) {
        let text = request.query[field] ?? ""
        guard let days = text.isEmpty ? usualDays : Int64(text), (1...maxDays).contains(days) else {
            throw PawnshopRefusal([
                FieldViolation(
                    field: field, message: "\(field) must be a number of days from 1 to \(maxDays)", code: .range)
            ])
        }
        let tenant = request.principal.tenant
        guard
            let row = request.routed.activity(
                .cleanUp, by: request.principal, of: nil, ["days": .integer(days)])
        else { throw PawnshopRefusal(Fault(.unsupported, "the tenant has no activity log")) }
        let before = row.at.advanced(by: .seconds(-days * 86_400))
        request.routed.gateway.own.activities.cleanUp(before: before, tenant: tenant, recording: row) { result in
            switch result {
            case .failure(let failure): request.refuse(failure)
            case .success(let count):
                request.envelope.succeed(
                    "Old activity logs cleaned up successfully",
                    ["deletedCount": .integer(count), "days": .integer(days)])
            }
        }
    }

    // MARK: Filters

    /// The document's parts do not name all filters alike.
    private static func filter(
        _ name: String, or other: String, _ request: PawnshopRequest
    ) throws(PawnshopRefusal) -> String? {
        if let value = try filter(name, request) { return value }
        return try filter(other, request)
    }

    private static func filter(_ name: String, _ request: PawnshopRequest) throws(PawnshopRefusal) -> String? {
        guard let text = request.query[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= maxFilterBytes else {
            throw PawnshopRefusal([
                FieldViolation(field: name, message: "\(name) must have at most \(maxFilterBytes) bytes", code: .range)
            ])
        }
        return text
    }

    private static func day(
        _ name: String, or other: String, _ request: PawnshopRequest
    ) throws(PawnshopRefusal) -> Timestamp? {
        if let day = try day(name, request) { return day }
        return try day(other, request)
    }

    /// When that day begins in Thailand.
    private static func day(_ name: String, _ request: PawnshopRequest) throws(PawnshopRefusal) -> Timestamp? {
        guard let text = request.query[name], !text.isEmpty else { return nil }
        guard text.utf8.count == 10, let day = Timestamp(rfc3339: text + "T00:00:00+07:00"),
            day.rfc3339.hasPrefix(text)
        else {
            throw PawnshopRefusal([
                FieldViolation(field: name, message: "\(name) must be a date, YYYY-MM-DD", code: .format)
            ])
        }
        return day
    }

    // MARK: Form

    private static func line(_ stored: StoredActivity) -> JSONValue {
        let row = stored.row
        let user = PawnshopEnvelope.id(row.subject)
        return [
            "id": .integer(stored.id), "userId": user, "activity": .string(row.activity.name),
            "action": .string(row.activity.action), "entityType": .string(row.activity.entityType),
            "entityId": JSONValue(row.entity), "details": .object(row.details), "success": true,
            "ipAddress": JSONValue(row.address), "userAgent": JSONValue(row.userAgent),
            // Names and addresses of people are the platform's.
            "user": ["id": user, "fullName": .null, "email": .null],
            "createdAt": .string(row.at.rfc3339),
        ]
    }
}

extension Timestamp {
    /// Midnight in Thailand, which knows no summer time.
    var startOfBangkokDay: Timestamp {
        let day: Int64 = 86_400_000_000
        let offset: Int64 = 7 * 3_600_000_000
        let local = microseconds + offset
        let intoDay = (local % day + day) % day
        return Timestamp(microseconds: microseconds - intoDay)
    }
}

internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import SlipQR
internal import Transport

/// EasySlip, both versions: `/easyslip/api/v1` and `/easyslip/v2`. Confined to the stand-ins' loop.
final class EasySlipStandin: Standin {
    /// Slips that applications have shown with `checkDuplicate`.
    static let maxSeen = 50_000

    private struct Settings: Equatable {
        var answers = ScriptedAnswers()
        /// Verifications that are allowed; nil: any number.
        var quota: Int?
        /// The keys that are taken; empty: every key.
        var keys: [String] = []
    }

    private struct Seen: Hashable {
        let key: String
        let code: SlipQR
    }

    let name = "easyslip"
    private let desk: SlipDesk
    private var own = Settings()
    private var seen = Recent<Seen, Bool>(maxEntries: maxSeen)
    private var used = 0

    init(desk: SlipDesk) { self.desk = desk }

    func failure(_ status: Int) -> HTTPResponse {
        .json(
            HTTPStatus(code: status) ?? .internalServerError,
            ["status": .integer(Int64(status)), "message": status >= 500 ? "server_error" : "invalid_request"])
    }

    func change(_ members: JSONObject) throws(BehaviourError) {
        var next = own
        for member in members.members {
            if try next.answers.change(member, in: members, isKnown: { EasySlipFailure($0) != nil }) { continue }
            switch member.name {
            case "quota": next.quota = try member.count()
            case "keys": next.keys = try member.texts()
            default: throw .unknown(member)
            }
        }
        own = next
    }

    var settings: JSONObject {
        var members = own.answers.json
        members["quota"] = JSONValue(own.quota.map(Int64.init))
        members["keys"] = .array(own.keys.map(JSONValue.string))
        members["used"] = .integer(Int64(used))
        return members
    }

    /// Slips seen before are forgotten, too.
    func reset() {
        own = Settings()
        seen.removeAll()
        used = 0
    }

    // MARK: Calls

    func receive(_ call: StandinCall) {
        let path = call.segments.joined(separator: "/")
        let version: EasySlipVersion = path.hasPrefix("v2") ? .v2 : .v1
        if call.request.method == .get, path == "v2/health" {
            return call.respond(.json(.ok, ["success": true, "data": ["status": "ok"]]))
        }
        guard let field = call.request.headers.first("Authorization"), field.hasPrefix("Bearer "), field.utf8.count > 7
        else { return call.respond(EasySlipFailure.noKey.response(version)) }
        let key = String(field.dropFirst(7))
        guard own.keys.isEmpty || own.keys.contains(key) else {
            return call.respond(EasySlipFailure.unauthorized.response(version))
        }
        switch (call.request.method, path) {
        case (.get, "api/v1/me"): call.respond(.json(.ok, ["status": 200, "data": me(call)]))
        case (.get, "v2/info"): call.respond(.json(.ok, ["success": true, "data": info(call)]))
        case (.get, "api/v1/verify"), (.post, "api/v1/verify"), (.post, "v2/verify/bank"):
            verify(call, version, key: key)
        // No wallet's slip is known here.
        case (.post, "api/v1/verify/truewallet"), (.post, "v2/verify/truewallet"):
            call.respond(
                (EasySlipFailure("transaction_not_found") ?? .notFound).response(version))
        default: call.respond(EasySlipFailure.noSuchCall.response(version))
        }
    }

    private func verify(_ call: StandinCall, _ version: EasySlipVersion, key: String) {
        let question: EasySlipQuestion
        let finding: SlipFinding
        switch EasySlipQuestion.read(call.request, version, desk) {
        case .failure(let failure): return call.respond(failure.response(version))
        case .success(let read): (question, finding) = read
        }
        var reference: String?
        switch finding {
        case .slip(let slip): reference = slip.code.reference
        case .unknown(let code): reference = code.reference
        case .noSlipCode, .noCode, .noImage, .imageTooLarge: break
        }
        if let failure = own.answers.take(reference: reference).flatMap(EasySlipFailure.init) {
            return call.respond(failure.response(version))
        }
        if let quota = own.quota, used >= quota {
            return call.respond(EasySlipFailure.quotaExceeded.response(version))
        }
        switch finding {
        case .slip(let slip):
            used += 1
            answer(call, version, slip, question, isDuplicate: isDuplicate(slip, question, key))
        case .unknown: call.respond(EasySlipFailure.notFound.response(version))
        case .noSlipCode: call.respond(EasySlipFailure.invalidPayload.response(version))
        case .noCode: call.respond(EasySlipFailure.noCode.response(version))
        case .noImage: call.respond(EasySlipFailure.invalidImage.response(version))
        case .imageTooLarge: call.respond(EasySlipFailure.imageTooLarge.response(version))
        }
    }

    /// Only slips that were shown with `checkDuplicate` are remembered, each application's for itself.
    private func isDuplicate(_ slip: Slip, _ question: EasySlipQuestion, _ key: String) -> Bool {
        guard question.checksDuplicate else { return false }
        let entry = Seen(key: key, code: slip.code)
        defer { seen.note(true, for: entry) }
        return seen[entry] != nil
    }

    private func answer(
        _ call: StandinCall, _ version: EasySlipVersion, _ slip: Slip, _ question: EasySlipQuestion, isDuplicate: Bool
    ) {
        switch version {
        case .v1 where isDuplicate:
            call.respond(
                .json(
                    .badRequest,
                    ["status": 400, "message": "duplicate_slip", "data": .object(slip.easySlip)]))
        case .v1: call.respond(.json(.ok, ["status": 200, "data": .object(slip.easySlip)]))
        case .v2:
            let account = question.matchesAccount ? desk.isRegistered(slip.receiver.account) : nil
            var data = JSONObject()
            if let remark = question.remark { data["remark"] = .string(remark) }
            data["isDuplicate"] = .bool(isDuplicate)
            data["matchedAccount"] = account.map(Self.matched) ?? .null
            data["amountInOrder"] = question.amount?.json ?? .null
            data["amountInSlip"] = slip.amount.json
            data["isAmountMatched"] = question.amount.map { .bool($0 == slip.amount) } ?? .null
            data["rawSlip"] = .object(slip.easySlip)
            call.respond(
                .json(
                    .ok,
                    ["success": true, "data": .object(data), "message": "Bank slip verified successfully"]))
        }
    }

    private static func matched(_ account: BackendAccount) -> JSONValue {
        let bank = account.party.bank
        return [
            "bank": [
                "nameTh": .string(bank.nameTh), "nameEn": .string(bank.nameEn), "code": .string(bank.code),
                "shortCode": .string(bank.short),
            ],
            "nameTh": JSONValue(account.party.nameTh), "nameEn": JSONValue(account.party.nameEn), "type": "JURISTIC",
            "bankNumber": .string(account.party.account),
        ]
    }

    private func me(_ call: StandinCall) -> JSONValue {
        [
            "application": "Sala Demo", "usedQuota": .integer(Int64(used)),
            "maxQuota": JSONValue(own.quota.map(Int64.init)),
            "remainingQuota": JSONValue(own.quota.map { Int64(max(0, $0 - used)) }),
            "expiredAt": .string(expiry(call)), "currentCredit": 1000,
        ]
    }

    private func info(_ call: StandinCall) -> JSONValue {
        [
            "application": [
                "name": "Sala Demo",
                "autoRenew": [
                    "expired": false, "quota": false, "createdAt": "2026-01-01T00:00:00+07:00",
                    "expiresAt": .string(expiry(call)),
                ],
                "quota": [
                    "used": .integer(Int64(used)), "max": JSONValue(own.quota.map(Int64.init)),
                    "remaining": JSONValue(own.quota.map { Int64(max(0, $0 - used)) }),
                    "totalUsed": .integer(Int64(used)),
                ],
            ],
            "branch": [
                "name": "Main", "isActive": true,
                "quota": ["used": .integer(Int64(used)), "totalUsed": .integer(Int64(used))],
            ],
            "account": ["email": "demo@example.com", "credit": 1000], "product": ["name": "Slip verification"],
        ]
    }

    private func expiry(_ call: StandinCall) -> String {
        call.exchange.loop.time.wallClock.advanced(by: .seconds(365 * 86_400)).rfc3339Seconds
    }
}

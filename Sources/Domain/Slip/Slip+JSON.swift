package import JSON
internal import Primitives

// A slip as snapshots and checkpoints hold it: one form, lossless.

extension Slip: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "transaction": .string(transaction), "status": .string(status.rawValue), "receipt": receipt.json,
            "changedAt": .string(changedAt.rfc3339),
        ]
        switch phase {
        case .open(_, let wait): object["wait"] = wait?.json
        case .review(let reason, _): object["reason"] = .string(reason.rawValue)
        case .credited(_, let proof): object["credited"] = proof.json
        case .duplicate(let proof, _): object["duplicate"] = proof.json
        case .failed(let failure, _): object["reason"] = .string(failure.rawValue)
        }
        object["claim"] = progress.claim?.json
        object["proof"] = progress.proof?.json
        object["account"] = progress.account?.json
        object["user"] = progress.user?.json
        if case .matched(_, let credit) = progress, status != .credited { object["credit"] = credit.json }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        let progress = try Progress(fields: fields)
        let phase: Phase
        switch try fields.choice("status", SlipStatus.self) {
        case .pendingVerification, .pending, .matched:
            phase = .open(progress, wait: try fields.part(ifPresent: "wait"))
        case .review: phase = .review(try fields.choice("reason"), progress)
        case .credited:
            guard case .matched(let match, _) = progress else { throw JSONFieldFailure(field: "user") }
            phase = .credited(match, try fields.part("credited"))
        case .duplicate: phase = .duplicate(try fields.part("duplicate"), progress)
        case .failed: phase = .failed(try fields.choice("reason"), progress)
        }
        self.init(
            transaction: try fields.string("transaction"), receipt: try fields.part("receipt"), phase: phase,
            changedAt: try fields.time("changedAt"))
        guard try fields.choice("status", SlipStatus.self) == status else { throw JSONFieldFailure(field: "status") }
    }
}

extension Slip.Progress: JSONReadable {
    package init(fields: JSONFields) throws(JSONFieldFailure) {
        let claim: SlipClaim? = try fields.part(ifPresent: "claim")
        let account: AccountMatch? = try fields.part(ifPresent: "account")
        guard let proof = try fields.part(ifPresent: "proof", SlipProof.self) else {
            self = .received(claim: claim)
            return
        }
        guard let user = try fields.part(ifPresent: "user", UserMatch.self) else {
            self = .verified(claim: claim, proof, account: account)
            return
        }
        guard let claim, let account else { throw JSONFieldFailure(field: "account") }
        self = .matched(
            Slip.Match(claim: claim, proof: proof, account: account, user: user),
            try fields.part(ifPresent: "credit") ?? .ready(attempts: 0))
    }
}

extension Slip.Credit: JSONWritable, JSONReadable {
    package var object: JSONObject {
        switch self {
        case .ready(let attempts): return ["attempts": .integer(Int64(attempts))]
        case .submitting(let order, let since): return ["order": order.json, "since": .string(since.rfc3339)]
        case .asking(let order, let ask, let until, let isConflict, let absences):
            var object: JSONObject = [
                "order": order.json, "ask": .integer(Int64(ask)), "until": .string(until.rfc3339),
                "conflict": .bool(isConflict),
            ]
            object.writeAbsences(absences)
            return object
        }
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        guard let order = try fields.part(ifPresent: "order", CreditOrder.self) else {
            self = .ready(attempts: try fields.count("attempts"))
            return
        }
        guard let since = try fields.time(ifPresent: "since") else {
            self = .asking(
                order, ask: try fields.count("ask"), until: try fields.time("until"),
                isConflict: try fields.flag("conflict"), absences: try fields.absences)
            return
        }
        self = .submitting(order, since: since)
    }
}

extension JSONObject {
    /// Left out while there is none.
    mutating func writeAbsences(_ count: Int) {
        if count > 0 { self["absences"] = .integer(Int64(count)) }
    }
}

extension JSONFields {
    var absences: Int {
        get throws(JSONFieldFailure) { has("absences") ? try count("absences") : 0 }
    }
}

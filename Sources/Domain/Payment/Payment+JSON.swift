package import JSON
internal import Primitives

extension Payment {
    package func snapshotState(for audience: PaymentAudience) -> [UInt8] {
        switch audience {
        case .party: return JSONValue.object(object(isCheckpoint: false)).bytes
        case .guest:
            var object = forGuests.object(isCheckpoint: false)
            object["slip"] = slip?.guestJSON
            return JSONValue.object(object).bytes
        }
    }

    package func encode() -> [UInt8] { JSONValue.object(object(isCheckpoint: true)).bytes }

    /// A checkpoint is a snapshot with what only recovery needs.
    private func object(isCheckpoint: Bool) -> JSONObject {
        var object = facts.object
        object["id"] = .string(id)
        object["status"] = .string(status.rawValue)
        object["createdAt"] = .string(createdAt.rfc3339)
        object["changedAt"] = .string(changedAt.rfc3339)
        object["expiresAt"] = .string(expiresAt.rfc3339)
        object["acceptedAt"] = acceptedAt.map { .string($0.rfc3339) }
        object["evidence"] = evidence?.json
        object["acceptance"] = acceptance?.json
        object["review"] = review?.json
        object["slip"] = slip?.json
        object["rejectedSlips"] = .array(rejectedSlips.map(\.json))
        object["inquiries"] = .array(inquiries.map(\.json))
        object["refunded"] = .string(refunded.decimal)
        object["refund"] = refund?.json
        object["refunds"] = .integer(Int64(refundCount))
        object["escrowStatus"] = escrow.map { .string($0.rawValue) }
        object["escrowChangedAt"] = escrowChangedAt.map { .string($0.rfc3339) }
        if isCheckpoint {
            object["unsettledWay"] = unsettledWay.map(JSONValue.string)
            object["unsettledCharge"] = unsettledCharge?.json
            object["notices"] = .array(notices.map(JSONValue.string))
            object["decided"] = .array(decided.map(JSONValue.string))
            object["lastOffset"] = .integer(lastOffset)
        }
        return object
    }

    package init?(checkpoint: [UInt8], format: Int16) {
        guard format == Self.checkpointFormat else { return nil }
        do {
            self = try Payment(checkpoint: JSONFields(JSONParser.parse(checkpoint)))
        } catch {
            return nil
        }
    }

    private init(checkpoint fields: JSONFields) throws(JSONFieldFailure) {
        let facts = try PaymentFacts(fields: fields)
        self.init(id: try fields.string("id"), facts: facts, createdAt: try fields.time("createdAt"))
        status = try fields.choice("status")
        changedAt = try fields.time("changedAt")
        expiresAt = try fields.time("expiresAt")
        acceptedAt = try fields.time(ifPresent: "acceptedAt")
        evidence = try fields.part(ifPresent: "evidence")
        acceptance = try fields.part(ifPresent: "acceptance")
        review = try fields.part(ifPresent: "review")
        slip = try fields.part(ifPresent: "slip")
        rejectedSlips = try fields.parts("rejectedSlips")
        inquiries = try fields.parts("inquiries")
        refunded = try fields.money("refunded", facts.amount.currency)
        refund = try fields.part(ifPresent: "refund")
        refundCount = try fields.count("refunds")
        if try fields.string(ifPresent: "escrowStatus") != nil { escrow = try fields.choice("escrowStatus") }
        escrowChangedAt = try fields.time(ifPresent: "escrowChangedAt")
        unsettledWay = try fields.string(ifPresent: "unsettledWay")
        unsettledCharge = try fields.part(ifPresent: "unsettledCharge")
        notices = try fields.strings("notices")
        decided = try fields.strings("decided")
        lastOffset = try fields.integer("lastOffset")
    }
}

extension Payment.Review: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "reason": .string(reason.rawValue), "evidence": evidence.json, "from": .string(from.rawValue),
        ]
        object["claiming"] = claim?.json
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            reason: try fields.choice("reason"), evidence: try fields.part("evidence"),
            from: try fields.choice("from"), claim: try fields.part(ifPresent: "claiming"))
    }
}

extension Payment.ReviewClaim: JSONWritable, JSONReadable {
    package var object: JSONObject { ["reference": reference.json, "by": by.json] }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(reference: try fields.part("reference"), by: try fields.part("by"))
    }
}

extension Payment.Rejected: JSONWritable, JSONReadable {
    package var object: JSONObject {
        ["slip": .string(slip), "code": .string(code.rawValue), "at": .string(at.rfc3339)]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            slip: try fields.string("slip"), code: try fields.choice("code"), at: try fields.time("at"))
    }
}

package import JSON
internal import Primitives

// How slips' events stand in the log: the contract's names, amounts as decimal strings. What cannot be read whole is not
// read at all.

extension SlipEvent {
    /// The members of the event's `data`, without `transaction`.
    package var members: JSONObject {
        switch self {
        case .received(let receipt): receipt.object
        case .identified(let claim): claim.object
        case .delayed(let wait): wait.object
        case .verified(let proof): proof.object
        case .matched(let account): account.object
        case .userFound(let user): user.object
        case .crediting(let order): order.object
        case .creditUnclear(let attempt, let ask, let until, let isConflict, let absences):
            Self.unclear(attempt, ask, until, isConflict, absences)
        case .credited(let proof): proof.object
        case .duplicate(let proof): proof.object
        case .failed(let failure): ["reason": .string(failure.rawValue)]
        case .review(let reason): ["reason": .string(reason.rawValue)]
        case .retried(let judge): judge.map { ["by": $0.json] } ?? [:]
        case .resolved(let decision, let judge, let note):
            ["decision": .string(decision.rawValue), "by": judge.json, "note": .string(note)]
        }
    }

    private static func unclear(
        _ attempt: Int, _ ask: Int, _ until: Timestamp, _ isConflict: Bool, _ absences: Int
    ) -> JSONObject {
        var object: JSONObject = [
            "attempt": .integer(Int64(attempt)), "ask": .integer(Int64(ask)), "until": .string(until.rfc3339),
            "conflict": .bool(isConflict),
        ]
        object.writeAbsences(absences)
        return object
    }

    /// nil when the name is none of a slip's.
    package init?(name: String, fields: JSONFields) throws(JSONFieldFailure) {
        switch name {
        case "slip.received": self = .received(try SlipReceipt(fields: fields))
        case "slip.identified": self = .identified(try SlipClaim(fields: fields))
        case "slip.delayed": self = .delayed(try Slip.Wait(fields: fields))
        case "slip.verified": self = .verified(try SlipProof(fields: fields))
        case "slip.matched": self = .matched(try AccountMatch(fields: fields))
        case "slip.userFound": self = .userFound(try UserMatch(fields: fields))
        case "slip.crediting": self = .crediting(try CreditOrder(fields: fields))
        case "slip.creditUnclear":
            self = .creditUnclear(
                attempt: try fields.count("attempt"), ask: try fields.count("ask"), until: try fields.time("until"),
                isConflict: try fields.flag("conflict"), absences: try fields.absences)
        case "slip.credited": self = .credited(try CreditProof(fields: fields))
        case "slip.duplicate": self = .duplicate(try DuplicateProof(fields: fields))
        case "slip.failed": self = .failed(try fields.choice("reason"))
        case "slip.review": self = .review(try fields.choice("reason"))
        case "slip.retried": self = .retried(by: try fields.part(ifPresent: "by"))
        case "slip.resolved":
            self = .resolved(
                try fields.choice("decision"), by: try fields.part("by"), note: try fields.string("note"))
        default: return nil
        }
    }
}

extension SlipReceipt: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "webhookEvent": .string(webhookEvent), "message": .string(message), "user": .string(user),
            "sentAt": .string(sentAt.rfc3339),
        ]
        object["replyToken"] = replyToken.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            webhookEvent: try fields.string("webhookEvent"), message: try fields.string("message"),
            user: try fields.string("user"), replyToken: try fields.string(ifPresent: "replyToken"),
            sentAt: try fields.time("sentAt"))
    }
}

extension SlipClaim: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object = reference.object
        object["payload"] = payload.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(reference: try SlipReference(fields: fields), payload: try fields.string(ifPresent: "payload"))
    }
}

extension Slip.Wait: JSONWritable, JSONReadable {
    package var object: JSONObject {
        [
            "step": .string(step.rawValue), "attempt": .integer(Int64(attempt)), "reason": .string(reason.rawValue),
            "until": .string(until.rfc3339),
        ]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            step: try fields.choice("step"), attempt: try fields.count("attempt"),
            reason: try fields.choice("reason"), until: try fields.time("until"))
    }
}

extension SlipParty: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object = JSONObject()
        if thaiName != nil || englishName != nil {
            var name = JSONObject()
            name["th"] = thaiName.map(JSONValue.string)
            name["en"] = englishName.map(JSONValue.string)
            object["name"] = .object(name)
        }
        object["bank"] = bank.map { .string($0.text) }
        object["account"] = account.map(JSONValue.string)
        object["proxy"] = proxy.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        var party = SlipParty()
        if let name = fields.value(ifPresent: "name") {
            let names = try JSONFields(name, as: "name")
            party.thaiName = try names.string(ifPresent: "th")
            party.englishName = try names.string(ifPresent: "en")
        }
        party.bank = try fields.bank(ifPresent: "bank")
        party.account = try fields.string(ifPresent: "account")
        party.proxy = try fields.string(ifPresent: "proxy")
        self = party
    }
}

extension SlipProof: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["verifier": .string(verifier)]
        object["reference"] = reference.json
        object["amount"] = .string(amount.decimal)
        object["transferredAt"] = transferredAt.map { .string($0.rfc3339) }
        object["sender"] = sender.json
        object["receiver"] = receiver.json
        if wasSeenBefore { object["seenBefore"] = true }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            verifier: try fields.string("verifier"), reference: try fields.part("reference"),
            amount: try fields.satang("amount"), transferredAt: try fields.time(ifPresent: "transferredAt"),
            sender: try fields.part("sender"), receiver: try fields.part("receiver"),
            wasSeenBefore: try fields.flag("seenBefore"))
    }
}

extension AccountMatch: JSONWritable, JSONReadable {
    package var object: JSONObject { ["account": .string(account), "method": .string(method.rawValue)] }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(account: try fields.string("account"), method: try fields.choice("method"))
    }
}

extension UserMatch: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["user": .string(user)]
        object["memberCode"] = memberCode.map(JSONValue.string)
        object["fullname"] = fullName.map(JSONValue.string)
        object["method"] = .string(method.rawValue)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            user: try fields.string("user"), memberCode: try fields.string(ifPresent: "memberCode"),
            fullName: try fields.string(ifPresent: "fullname"), method: try fields.choice("method"))
    }
}

extension CreditOrder: JSONWritable, JSONReadable {
    package var object: JSONObject {
        [
            "key": .string(key), "attempt": .integer(Int64(attempt)), "reference": reference.json,
            "amount": .string(amount.decimal), "account": .string(account), "user": .string(user),
        ]
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            key: try fields.string("key"), attempt: try fields.count("attempt"),
            reference: try fields.part("reference"), amount: try fields.satang("amount"),
            account: try fields.string("account"), user: try fields.string("user"))
    }
}

extension CreditProof: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "key": .string(key), "amount": .string(amount.decimal), "source": .string(source.rawValue),
        ]
        object["backEndReference"] = backEndReference.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            key: try fields.string("key"), amount: try fields.satang("amount"), source: try fields.choice("source"),
            backEndReference: try fields.string(ifPresent: "backEndReference"))
    }
}

extension DuplicateProof: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["source": .string(source.rawValue)]
        object["reference"] = reference?.json
        object["original"] = original.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            source: try fields.choice("source"), reference: try fields.part(ifPresent: "reference"),
            original: try fields.string(ifPresent: "original"))
    }
}

extension SlipJudge: JSONWritable, JSONReadable {
    package var object: JSONObject { ["subject": .string(subject), "role": .string(role.rawValue)] }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(subject: try fields.string("subject"), role: try fields.choice("role"))
    }
}

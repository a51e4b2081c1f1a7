package import JSON
internal import Primitives

/// What a person decides about a slip in review (`slip.resolve`), and why.
package struct SlipRuling: Sendable, Equatable {
    package let decision: SlipDecision
    package let note: String
    /// The account and the user that the person names; nil where those that were found are meant.
    package let account: String?
    package let user: UserMatch?

    package init(json: JSONValue) throws(FaultReason) {
        guard let decision = json["decision"]?.string.flatMap(SlipDecision.init(rawValue:)) else {
            throw .invalid("decision is one of " + SlipDecision.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard let note = json["note"]?.string, (1...LineAccount.maxNoteCharacters).contains(note.count),
            note.utf8.count <= LineAccount.maxNoteCharacters * 16,
            !note.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        else { throw .invalid("note has 1 to \(LineAccount.maxNoteCharacters) characters") }
        self.decision = decision
        self.note = note
        account = try Self.name(json["account"], "account")
        guard let user = json["user"], !user.isNull else {
            self.user = nil
            return
        }
        guard let id = try Self.name(user["id"], "user.id") else { throw .invalid("user.id is missing") }
        self.user = UserMatch(
            user: id, memberCode: try Self.name(user["memberCode"], "user.memberCode"),
            fullName: try Self.name(user["fullname"], "user.fullname"), method: .manual)
    }

    private static func name(_ value: JSONValue?, _ field: String) throws(FaultReason) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.string, (1...LineAccount.maxNameBytes).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        else {
            throw .invalid("\(field) has 1 to \(LineAccount.maxNameBytes) bytes and no control characters")
        }
        return text
    }
}

extension SlipDraft {
    /// Sends the slip on its way again. An order whose outcome is not known is asked about, not repeated.
    mutating func retry(by judge: SlipJudge?, at now: Timestamp) throws(SlipTransitionFault) {
        try add(.retried(by: judge))
        if case .matched(_, let credit) = slip.progress, let order = credit.openOrder {
            try askLater(order, ask: 1, at: now, isConflict: false)
        } else {
            try proceed()
        }
    }

    /// Why the ruling cannot be carried out; nil when it can.
    func refusal(of ruling: SlipRuling, _ live: LineAccountLive) -> String? {
        let progress = slip.progress
        let isOpen = progress.openOrder != nil
        switch ruling.decision {
        case .credited: return isOpen ? nil : "no credit was submitted whose outcome is not known"
        case .duplicate, .reject:
            return isOpen ? "a credit may have been made: retry asks the back end" : nil
        case .credit: break
        }
        if isOpen { return "a credit may have been made: retry asks the back end" }
        guard progress.proof != nil else { return "the slip is not verified" }
        guard progress.claim != nil else { return "whether the transfer was used before is not known" }
        if let account = ruling.account {
            if progress.account != nil { return "the receiving account is found already" }
            if let list = live.accounts, !list.accounts.contains(where: { $0.id == account }) {
                return "the tenant has no such account"
            }
        } else if progress.account == nil {
            return "account is missing"
        }
        if progress.user == nil { return ruling.user == nil ? "user is missing" : nil }
        return ruling.user == nil ? nil : "the user is found already"
    }

    mutating func carryOut(_ ruling: SlipRuling, by judge: SlipJudge) throws(SlipTransitionFault) {
        try add(.resolved(ruling.decision, by: judge, note: ruling.note))
        switch ruling.decision {
        case .credit:
            if let account = ruling.account { try add(.matched(AccountMatch(account: account, method: .manual))) }
            if let user = ruling.user { try add(.userFound(user)) }
            try proceed()
        case .credited:
            if let order = slip.progress.openOrder { try add(.credited(order.proof(.person, nil))) }
        case .duplicate:
            try add(
                .duplicate(DuplicateProof(source: .person, reference: slip.claim?.reference, original: nil)))
        case .reject: try add(.failed(.rejected))
        }
    }
}

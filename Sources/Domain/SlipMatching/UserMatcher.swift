/// Finds the tenant's user who sent a transfer, among those whom its back end names.
///
/// `name-and-account-verified`: the name agrees (a cut surname included) and the digits that the mask leaves are the user's; four
/// of them, or three with the same bank. `name-only`: there are no digits to compare, and the whole name is the same. In both,
/// nobody else among the candidates may be meant; another bank, another digit or another name rules a candidate out.
package enum UserMatcher {
    package static func match(_ sender: SlipParty, among candidates: [UserCandidate]) -> MatchVerdict<UserMatch> {
        let number = sender.account.flatMap(MaskedNumber.init)
        var verified: [UserCandidate] = []
        var named: [UserCandidate] = []
        // Somebody who could be meant, and somebody whom only one thing speaks against: neither lets a name alone decide.
        var isRivalled = false
        var isDoubtful = false
        for candidate in candidates where !verified.contains(candidate) && !named.contains(candidate) {
            let bank = BankComparison(sender.bank, candidate.bank)
            let name = NameComparison.compare(shown: sender, known: [candidate.fullName])
            let digits = candidate.bankAccount.flatMap { known in number?.compare(with: known) } ?? .unknown
            let isOther = bank == .different || digits == .mismatch
            switch (name, digits) {
            // Somebody of this name with another account, or this account under another name: a person looks.
            case (.mismatch, .exact) where bank == .same: isDoubtful = true
            case (.mismatch, _): continue
            case (.equal, _) where isOther: isDoubtful = true
            case _ where isOther: continue
            case (.equal, .exact), (.abbreviated, .exact): verified.append(candidate)
            case (.equal, .partial(let visible)), (.abbreviated, .partial(let visible)):
                if visible > MaskedNumber.minVisibleDigits || bank == .same {
                    verified.append(candidate)
                } else {
                    isRivalled = true
                }
            case (.equal, .unknown): named.append(candidate)
            case (.abbreviated, _), (.unknown, .partial), (.unknown, .exact): isRivalled = true
            case (.unknown, _), (.equal, .mismatch): isDoubtful = true
            }
        }
        if let one = verified.first {
            // Others of the same name whose account is not known could be meant as well.
            guard verified.count == 1, named.isEmpty, !isRivalled else { return .ambiguous }
            return .one(one.match(.nameAndAccount))
        }
        if let one = named.first, named.count == 1, !isRivalled, !isDoubtful { return .one(one.match(.nameOnly)) }
        return named.isEmpty && !isRivalled && !isDoubtful ? .none : .ambiguous
    }
}

extension UserCandidate {
    fileprivate func match(_ method: UserMatch.Method) -> UserMatch {
        UserMatch(user: id, memberCode: memberCode, fullName: fullName, method: method)
    }
}

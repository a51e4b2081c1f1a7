/// Finds the tenant's user who sent a transfer, among those whom its back end names.
package enum UserMatcher {
    package static func match(_ sender: SlipParty, among candidates: [UserCandidate]) -> MatchVerdict<UserMatch> {
        let matches = candidates.filter { $0.fullName == sender.thaiName && $0.bankAccount == sender.account }
        guard let one = matches.first else { return .none }
        guard matches.count == 1 else { return .ambiguous }
        return .one(
            UserMatch(
                user: one.id, memberCode: one.memberCode, fullName: one.fullName, method: .nameAndAccount))
    }
}

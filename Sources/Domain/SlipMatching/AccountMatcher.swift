/// Finds the tenant's account that received a transfer.
package enum AccountMatcher {
    package static func match(_ receiver: SlipParty, in list: AccountList) -> MatchVerdict<AccountMatch> {
        guard let number = receiver.account, !number.isEmpty else { return .none }
        let matches = list.accounts.filter { $0.number == number }
        guard let one = matches.first else { return .none }
        guard matches.count == 1 else { return .ambiguous }
        return .one(AccountMatch(account: one.id, method: .exactAccount))
    }
}

/// Finds the tenant's account that received a transfer.
///
/// Three things speak: the bank, the digits that the mask leaves, the name. Each may agree, contradict or be missing; one
/// contradiction is enough against an account. What is accepted, the first that gives exactly one account:
///
/// 1. `exact-account`: every digit is visible and the same; the bank is the same, or not shown and the name does not contradict.
/// 2. `partial-digits`: four visible digits and the name agree, or three with the same bank; or six digits with the same bank
///    and no name.
/// 3. `name-match`: no digits to compare. A whole name agrees; or a cut one, or one of `account_name_mappings`, with the same
///    bank.
///
/// When several accounts could be meant, or one could and it is not certain, the answer is `ambiguous`.
package enum AccountMatcher {
    package static func match(_ receiver: SlipParty, in list: AccountList) -> MatchVerdict<AccountMatch> {
        let number = receiver.account.flatMap(MaskedNumber.init)
        let evidence = list.accounts.map { account in
            Evidence(
                id: account.id, bank: BankComparison(receiver.bank, account.bank),
                number: number?.compare(with: account.number) ?? .unknown,
                name: name(of: account, receiver, list.mappings))
        }.filter { $0.bank != .different && $0.number != .mismatch }

        let exact = evidence.filter { $0.number == .exact && ($0.bank == .same || $0.name != .mismatch) }
        if !exact.isEmpty { return one(of: exact, .exactAccount) }
        let possible = evidence.filter { $0.name != .mismatch }
        let digits = possible.filter(\.hasDigits)
        if !digits.isEmpty {
            return digits.count == 1 && digits.allSatisfy(\.isSureByDigits)
                ? one(of: digits, .partialDigits) : pick(digits.filter(\.isSureByDigits), among: digits)
        }
        let named = possible.filter(\.name.agrees)
        if named.count == 1, named.allSatisfy(\.isSureByName) { return one(of: named, .nameMatch) }
        // Digits that fit beside a name that does not are a case for a person, too.
        return named.isEmpty && !evidence.contains(where: \.hasDigits) ? .none : .ambiguous
    }

    /// Of several accounts whose digits fit, the one that the name singles out.
    private static func pick(_ sure: [Evidence], among all: [Evidence]) -> MatchVerdict<AccountMatch> {
        guard sure.count == 1, let one = sure.first, one.name == .equal,
            all.allSatisfy({ $0.id == one.id || $0.name == .mismatch })
        else { return .ambiguous }
        return .one(AccountMatch(account: one.id, method: .partialDigits))
    }

    private static func one(
        of candidates: [Evidence], _ method: AccountMatch.Method
    ) -> MatchVerdict<AccountMatch> {
        guard let first = candidates.first, candidates.count == 1 else { return .ambiguous }
        return .one(AccountMatch(account: first.id, method: method))
    }

    /// A mapping of the account's number goes first; where it says nothing, the account's own names.
    private static func name(
        of account: TenantAccount, _ receiver: SlipParty, _ mappings: [AccountNameMapping]
    ) -> NameComparison {
        var mapped = NameComparison.mismatch
        var isMapped = false
        let number = MaskedNumber(account.number)
        // Two that hold no number are not one account.
        for mapping in mappings where number != nil && MaskedNumber(mapping.number) == number {
            isMapped = true
            mapped = max(
                mapped,
                NameComparison.compare(
                    shown: receiver, known: [mapping.thaiName, mapping.englishName], isVerbatim: true))
        }
        if isMapped, mapped.agrees { return mapped }
        let own = NameComparison.compare(shown: receiver, known: [account.thaiName, account.englishName])
        return isMapped ? max(own, mapped) : own
    }

    private struct Evidence {
        let id: String
        let bank: BankComparison
        let number: MaskedNumber.Comparison
        let name: NameComparison

        var hasDigits: Bool { if case .partial = number { true } else { number == .exact } }

        var isSureByDigits: Bool {
            guard case .partial(let visible) = number else { return number == .exact }
            if name.agrees { return visible > MaskedNumber.minVisibleDigits || bank == .same }
            return visible >= 6 && bank == .same && name == .unknown
        }

        var isSureByName: Bool { number == .unknown && (name == .equal || (name == .abbreviated && bank == .same)) }
    }
}

/// Two banks, each of which may not be known.
enum BankComparison: Sendable {
    case same, different, unknown

    init(_ left: BankCode?, _ right: BankCode?) {
        guard let left, let right else {
            self = .unknown
            return
        }
        self = left == right ? .same : .different
    }
}

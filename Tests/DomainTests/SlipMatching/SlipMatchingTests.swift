import Domain
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Matching slips with accounts and users")
struct SlipMatchingTests {
    @Test("No account is matched wrongly, and those that must be found are found")
    func accounts() throws {
        let document = try MatchingCase.document("accounts")
        let list = try MatchingCase.accounts(document)
        var score = MatchingScore()
        for one in try MatchingCase.all(document) {
            let verdict = AccountMatcher.match(one.party, in: list)
            let match: AccountMatch? = if case .one(let match) = verdict { match } else { nil }
            score.count(one, found: match?.account, method: match?.method.rawValue)
            if let expected = one.expected { #expect(match?.method.rawValue == expected, "\(one.name): \(verdict)") }
            // Whoever could be meant is shown to a person as a question, not as nothing.
            if one.expected == nil, one.truth != nil, match == nil, one.party.account?.isEmpty == false {
                #expect(verdict == .ambiguous, "\(one.name)")
            }
        }
        print(score.summary("accounts"))
        #expect(score.wrong == [])
        #expect(score.recall > 0.8, "\(score.left)")
    }

    @Test("No user is matched wrongly, and those that must be found are found, in every order")
    func users() throws {
        let document = try MatchingCase.document("users")
        let users = try MatchingCase.users(document)
        var score = MatchingScore()
        for one in try MatchingCase.all(document) {
            let candidates = try one.candidates.map { try #require(users[$0]) }
            let verdict = UserMatcher.match(one.party, among: candidates)
            #expect(UserMatcher.match(one.party, among: candidates.reversed()) == verdict, "\(one.name)")
            let match: UserMatch? = if case .one(let match) = verdict { match } else { nil }
            score.count(one, found: match?.user, method: match?.method.rawValue)
            if let expected = one.expected { #expect(match?.method.rawValue == expected, "\(one.name): \(verdict)") }
        }
        print(score.summary("users"))
        #expect(score.wrong == [])
        #expect(score.recall > 0.7, "\(score.left)")
    }

    @Test("A wrong user stays unmatched whoever else is named")
    func crowds() throws {
        let document = try MatchingCase.document("users")
        let users = try MatchingCase.users(document).values.sorted { $0.id < $1.id }
        for one in try MatchingCase.all(document) {
            guard case .one(let match) = UserMatcher.match(one.party, among: users) else { continue }
            #expect(match.user == one.truth, "\(one.name)")
        }
    }

    @Test("The set is large enough, and its hard negatives are many")
    func size() throws {
        let all =
            try MatchingCase.all(MatchingCase.document("accounts"))
            + MatchingCase.all(MatchingCase.document("users"))
        #expect(all.count >= 120)
        #expect(all.count { $0.truth == nil } >= 40)
        #expect(Set(all.map(\.name)).count == all.count)
    }

    @Test("An account that is masked at random matches itself, and never an account that differs where it shows")
    func masks() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<1_000 {
            let number = (0..<10).map { _ in random.integer(0...9) }
            let shown = number.map { _ in !random.isOne(in: 2) }
            let text = zip(number, shown).map { $1 ? String($0) : "x" }.joined()
            let mask = try #require(MaskedNumber(text))
            let whole = number.map(String.init).joined()
            switch mask.compare(with: whole) {
            case .exact: #expect(shown.allSatisfy { $0 })
            case .partial(let visible): #expect(visible == shown.count { $0 } && visible >= 3)
            case .unknown: #expect(shown.count { $0 } < 3)
            case .mismatch: Issue.record("\(text) is \(whole)")
            }
            let place = random.integer(0...9)
            var other = number
            other[place] = (other[place] + random.integer(1...9)) % 10
            let comparison = mask.compare(with: other.map(String.init).joined())
            if shown[place] { #expect(comparison == .mismatch, "\(text)") }
        }
    }

    @Test(
        "What is no account number is none",
        arguments: ["", "TOKEN", "12a4", "-", "๑ก", String(repeating: "1", count: 33)])
    func notANumber(text: String) { #expect(MaskedNumber(text) == nil) }

    @Test("Any text is compared without a trap, whatever is in it")
    func anyText() throws {
        var random = SeededRandom(seed: 5)
        let alphabet = "นางสาวดรบจกหมพ์่ำํเแ .,-*()xX12๓abcoltdMR\u{200B}\u{FEFF}…é🙂\n"
        for _ in 0..<300 {
            func text() -> String? { random.isOne(in: 6) ? nil : random.text(alphabet, 0...30) }
            let party = SlipParty(
                thaiName: text(), englishName: text(), bank: BankCode("004"), account: text(), proxy: text())
            let account = TenantAccount(
                id: "A", number: text() ?? "", bank: BankCode("004"), thaiName: text(), englishName: text())
            let mapping = AccountNameMapping(number: account.number, thaiName: text(), englishName: text() ?? "")
            let list = AccountList(accounts: [account], mappings: [mapping], loadedAt: Timestamp(seconds: 0))
            _ = AccountMatcher.match(party, in: list)
            let user = UserCandidate(id: "U", fullName: text() ?? "", bankAccount: text(), bank: nil)
            _ = UserMatcher.match(party, among: [user])
        }
    }
}

import JSON
import Primitives
import Testing

@testable import Standins

@Suite("A tenant's back end")
struct BackendTests {
    private static let now = Timestamp(seconds: 1_795_230_000)

    private static func request(
        user: String = "USER1000", transRef: String = "R1", amount: String = "500.00"
    ) throws -> CreditRequest {
        try CreditRequest([
            "userId": .string(user), "toAccountId": "ACC1", "amount": .string(amount), "currency": "THB", "bank": "004",
            "transRef": .string(transRef), "transaction": "t_1",
        ])
    }

    @Test("A transfer is credited once: same key, same answer; other key, conflict; other order, reuse")
    func ledger() throws {
        var ledger = CreditLedger()
        let request = try Self.request()
        guard case .credited(let credit) = ledger.post(request, key: "k1", at: Self.now) else {
            Issue.record("not credited")
            return
        }
        let results = [
            ledger.post(request, key: "k1", at: Self.now.advanced(by: .seconds(5))),
            ledger.post(try Self.request(amount: "500.01"), key: "k1", at: Self.now),
            ledger.post(request, key: "k2", at: Self.now), ledger.post(request, key: "k2", at: Self.now),
        ]
        #expect(results == [.repeated(credit), .keyReused, .conflict(credit), .conflict(credit)])
        _ = ledger.post(try Self.request(transRef: "R2", amount: "0.25"), key: "k3", at: Self.now)
        #expect(ledger.json["sum"]?.string == "500.25")
        #expect(ledger.json["conflicts"]?.integer == 2)
        #expect(ledger.credits.map(\.key) == ["k1", "k3"])
        #expect(ledger["k2"] == nil)
    }

    @Test("A full ledger refuses instead of forgetting")
    func fullLedger() throws {
        var ledger = CreditLedger()
        for number in 0..<CreditLedger.maxCredits {
            _ = ledger.post(try Self.request(transRef: "R\(number)", amount: "1"), key: "k\(number)", at: Self.now)
        }
        let request = try Self.request(transRef: "new")
        let more = ledger.post(request, key: "new", at: Self.now)
        #expect(more == .full && ledger.credits.count == CreditLedger.maxCredits)
        guard case .conflict = ledger.post(try Self.request(transRef: "R0", amount: "1"), key: "x", at: Self.now) else {
            Issue.record("the first transfer was forgotten")
            return
        }
    }

    @Test(
        "An order that is not whole is refused",
        arguments: ["userId", "toAccountId", "amount", "currency", "bank", "transRef"])
    func incomplete(member: String) throws {
        var order: JSONObject = [
            "userId": "u", "toAccountId": "a", "amount": "1.00", "currency": "THB", "bank": "004", "transRef": "r",
        ]
        _ = try CreditRequest(.object(order))
        order[member] = nil
        #expect(throws: BehaviourError.self) { try CreditRequest(.object(order)) }
    }

    @Test("The people of a tenant are always the same, and each can be told from the others by name and account")
    func people() throws {
        let users = BackendPeople.users(of: "company_a")
        #expect(users == BackendPeople.users(of: "company_a"))
        #expect(users.count >= 50)
        #expect(Set(users.map(\.id)).count == users.count)
        #expect(Set(users.map(\.party.account)).count == users.count)
        #expect(users.map(\.party.account) != BackendPeople.users(of: "jeco").map(\.party.account))
        #expect(BackendPeople.accounts(of: "company_a").count == 3)
        // What a slip shows of a user finds this user and nobody else.
        for user in users {
            let bank = user.party.bank
            let names = bank.shownNames(th: user.party.nameTh, en: user.party.nameEn)
            var search = BackendSearch([
                "maskedAccount": .string(bank.mask(user.party.account)), "bank": .string(bank.code),
            ])
            search.nameTh = names.th
            search.nameEn = names.en
            #expect(search.results(in: users) == [user])
        }
    }

    @Test("A search narrows by what it is given")
    func search() {
        let users = BackendPeople.users(of: "company_a")
        #expect(
            BackendSearch(["nameTh": "สมชาย ท"]).results(in: users).allSatisfy {
                $0.party.nameTh?.contains("สมชาย ท") == true
            })
        #expect(BackendSearch(["nameTh": "ไม่มี ใคร"]).results(in: users) == [])
        #expect(BackendSearch([:]).results(in: users).count == BackendSearch.maxResults)
        #expect(BackendSearch.fits("นาย สมชาย ใจดี", "นายสมชาย ใ"))
        #expect(BackendSearch.fits("Mr. Somchai Jaidee", "MR. SOMCHAI J"))
        #expect(!BackendSearch.fits("นาย สมชาย ใจดี", "นาย สมชาย จ"))
        #expect(!BackendSearch.fits(account: "1112345678", "xxx-x-x4568-x"))
        #expect(!BackendSearch.fits(account: "1112345678", "4567"))
    }
}

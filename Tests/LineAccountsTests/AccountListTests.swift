import Domain
import HTTPClient
import JSON
import Ports
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing

@testable import LineAccounts

@Suite("The account list of a tenant, for all its accounts on all loops", .timeLimit(.minutes(5)))
struct AccountListTests {
    private static let listed: JSONValue = [
        "accounts": [["id": "ACC123", "accountNumber": "1234567890", "bank": "SCB", "nameTh": "บจก. ตัวอย่าง"]]
    ]
    private let account = TenantAccount(
        id: "ACC123", number: "1234567890", bank: BankCode("014"), thaiName: "บจก. ตัวอย่าง")
    private let mapping = AccountNameMapping(number: "1234567890", thaiName: nil, englishName: "ABC")

    @Test("a list is kept, with the mappings as they are, and a changed back end has none")
    func kept() throws {
        let world = try World { _ in .json(200, Self.listed) }
        let live = { world.loop.enter { world.adapter.live } }
        #expect(live().accounts == nil)
        let answer: AccountsAnswer = try world.answer { $0.loadAccounts($1) }
        guard case .loaded(let list) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(list.accounts == [account] && list.mappings.isEmpty)
        #expect(live().accounts == list)

        world.book.apply(.mapping(tenant: World.tenant, mapping))
        #expect(live().accounts?.mappings == [mapping])
        #expect(live().accounts?.loadedAt == list.loadedAt)

        var tenant = try #require(world.book[World.tenant]?.tenant)
        tenant.apiBaseURL += "/v2"
        world.book.apply(.tenant(tenant))
        #expect(live().accounts == nil)
        #expect(world.log.requests.map(\.path) == ["/backend/accounts"])
    }

    @Test("a list that cannot be loaded leaves the one before")
    func failing() throws {
        let isBroken = Holder<Bool>()
        let world = try World { _ in isBroken.value == true ? .text(500, "") : .json(200, Self.listed) }
        let first: AccountsAnswer = try world.answer { $0.loadAccounts($1) }
        isBroken.value = true
        let second: AccountsAnswer = try world.answer { $0.loadAccounts($1) }
        #expect(second == .unavailable)
        guard case .loaded(let list) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(world.loop.enter { world.adapter.live.accounts } == list)
    }

    @Test("calls that come while a load runs get its answer, each on its own loop, and nothing is asked twice")
    func joined() throws {
        let release = Holder<RawServer.Peer>()
        let accounts = TenantAccounts()
        let world = try World(accounts: accounts) { _ in .silence }
        // Another account of the tenant, on another loop with its own client.
        let otherLoop = try EventLoop(index: 1, time: world.time)
        let otherClient = try HTTPClient(loop: otherLoop)
        let claims = ScriptedClaims(otherLoop)
        let other = LineAccountAdapter(
            address: SessionAddress(tenant: World.tenant, kind: .lineAccount, id: "oa-2"), loop: otherLoop,
            client: otherClient, book: world.book, claims: claims, accounts: accounts, readSlip: { _, _, _ in },
            random: SeededSource(seed: 2), adminExpired: { _ in })
        defer { otherLoop.enter { otherClient.close() } }

        let first: [Answers<AccountsAnswer>] = (0..<3).map { _ in world.call { $0.loadAccounts($1) } }
        let elsewhere = Answers<AccountsAnswer>()
        otherLoop.enter {
            other.loadAccounts { answer in
                #expect(otherLoop.isOnLoop)
                elsewhere.list.withLock { $0.append(answer) }
            }
        }
        world.run(until: { world.log.count > 0 })
        world.settle()
        otherLoop.enter { otherLoop.turn(waitingAtMost: .zero) }
        #expect(first.allSatisfy { $0.count == 0 } && elsewhere.count == 0)
        release.value = world.server.peers.first
        let body = Self.listed.bytes
        world.loop.enter {
            release.value?.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
        }
        world.run(until: { first.allSatisfy { $0.count == 1 } })
        #expect(elsewhere.count == 0, "only on its own loop")
        otherLoop.enter { otherLoop.turn(waitingAtMost: .zero) }
        #expect(elsewhere.count == 1)
        let all = first.compactMap(\.first) + [elsewhere.first].compactMap(\.self)
        #expect(all.count == 4 && Set(all.map { "\($0)" }).count == 1)
        #expect(world.log.count == 1)
        // What comes afterwards is a load of its own.
        let next: Answers<AccountsAnswer> = world.call { $0.loadAccounts($1) }
        world.run(until: { world.log.count == 2 })
        #expect(next.count == 0)
    }

    @Test("who led is let go: the others still get the answer")
    func leaderGone() throws {
        let accounts = TenantAccounts()
        let world = try World(accounts: accounts) { _ in .silence }
        let follower = LineAccountAdapter(
            address: SessionAddress(tenant: World.tenant, kind: .lineAccount, id: "oa-2"), loop: world.loop,
            client: world.client, book: world.book, claims: world.claims, accounts: accounts,
            readSlip: { _, _, _ in }, random: SeededSource(seed: 2), adminExpired: { _ in })
        let gone: Answers<AccountsAnswer> = world.call { $0.loadAccounts($1) }
        let waiting: Answers<AccountsAnswer> = world.call { follower.loadAccounts($1) }
        world.run(until: { world.log.count > 0 })
        world.loop.enter { world.adapter.close() }
        world.time.skip(.seconds(10))
        world.run(until: { waiting.count > 0 })
        world.settle()
        #expect(waiting.first == .unavailable && waiting.count == 1)
        #expect(gone.count == 0)
    }

    @Test("the next answer comes from a load in the new session's name, not from one that was asked before")
    func renewed() throws {
        let world = try World { request in
            request.headers["authorization"] == "Bearer new-token" ? .json(200, Self.listed) : .silence
        }
        let old: Answers<AccountsAnswer> = world.call { $0.loadAccounts($1) }
        world.run(until: { world.log.count == 1 })
        world.book.apply(.adminSession(World.session(token: "new-token")))
        let new: Answers<AccountsAnswer> = world.call { $0.loadAccounts($1) }
        world.run(until: { new.count == 1 })
        #expect(old.count == 0)
        guard case .loaded? = new.first else {
            Issue.record("\(String(describing: new.first))")
            return
        }
    }

    @Test("no more wait than the bound")
    func bound() throws {
        let accounts = TenantAccounts()
        let loop = try EventLoop(index: 0)
        let source = TenantAccounts.Source(tenant: "t", baseURL: "u", token: Secret("x"))
        #expect(accounts.join(source, on: loop) { _ in } == .leads)
        for _ in 1..<TenantAccounts.maxWaiters { #expect(accounts.join(source, on: loop) { _ in } == .waits) }
        #expect(accounts.join(source, on: loop) { _ in } == .refused)
        accounts.finish(source, .unavailable, at: Timestamp(seconds: 0))
        #expect(accounts.join(source, on: loop) { _ in } == .leads)
    }
}

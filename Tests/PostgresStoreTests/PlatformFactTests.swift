import Ports
import Synchronization
import TestSupport
import Testing

@testable import PostgresStore

@Suite("What platforms' back ends tell", .serialized, .timeLimit(.minutes(5)))
struct PlatformFactTests {
    private let store: StoreFixture
    private let facts: PostgresPlatformFacts

    init() throws {
        store = try StoreFixture.ready()
        facts = PostgresPlatformFacts(pool: store.pool)
    }

    private func put(_ key: PlatformFact.Key, _ text: String, tenant: String = "baanfoodie") throws -> StoreFailure? {
        try store.answer(to: "a fact") { facts.put(PlatformFact(key, text: Array(text.utf8)), tenant: tenant, $1) }
    }

    private func read(_ keys: [PlatformFact.Key], tenant: String = "baanfoodie") throws -> [PlatformFact.Key: String] {
        let read: Result<[PlatformFact.Key: [UInt8]], StoreFailure> = try store.answer(to: "facts") {
            facts.facts(keys, tenant: tenant, $1)
        }
        return try read.get().mapValues { String(decoding: $0, as: UTF8.self) }
    }

    @Test("A fact reads as it was put, to the digit; the newest takes the place of the one before")
    func newest() throws {
        let (branch, cart) = (PlatformFact.Key(.branch, "12"), PlatformFact.Key(.cart, "12"))
        let text = #"{"price": 345.500,"b":1,"a":"ข้าว \u0000"}"#
        #expect(try put(branch, text) == nil)
        #expect(try put(cart, "{}") == nil)
        #expect(try read([branch, cart]) == [branch: text, cart: "{}"])
        #expect(try put(branch, "[]") == nil)
        #expect(try read([branch]) == [branch: "[]"])
        #expect(try read([PlatformFact.Key(.branch, "13")]) == [:])
        #expect(try read([]) == [:])
    }

    @Test("No tenant sees another's")
    func tenants() throws {
        let key = PlatformFact.Key(.branch, "12")
        #expect(try put(key, "1") == nil)
        #expect(try put(key, "2", tenant: "jeco") == nil)
        #expect(try read([key]) == [key: "1"])
        #expect(try read([key], tenant: "jeco") == [key: "2"])
        #expect(try read([key], tenant: "nobody") == [:])
    }

    @Test("What is too large is not stored")
    func bounds() throws {
        let key = PlatformFact.Key(.cart, "u_1")
        #expect(try put(key, String(repeating: "x", count: PlatformFact.maxBytes)) == nil)
        #expect(try put(key, String(repeating: "x", count: PlatformFact.maxBytes + 1)) != nil)
        let id = String(repeating: "u", count: PlatformFact.maxIDBytes)
        #expect(try put(PlatformFact.Key(.cart, id), "1") == nil)
        #expect(try put(PlatformFact.Key(.cart, id + "u"), "1") != nil)
        #expect(try read([key])[key]?.count == PlatformFact.maxBytes)
    }

    private func put(_ id: String, most: Int, tenant: String = "baanfoodie") throws -> PlatformFact.BoundedPut {
        try store.answer(to: "a bounded fact") {
            (_, done: @escaping @Sendable (Result<PlatformFact.BoundedPut, StoreFailure>) -> Void) in
            facts.put(PlatformFact(.init(.lifecycle, id), text: Array(id.utf8)), most: most, tenant: tenant, done)
        }.get()
    }

    private func ids(most: Int = 64, tenant: String = "baanfoodie") throws -> [String] {
        try store.answer(to: "ids") { (_, done: @escaping @Sendable (Result<[String], StoreFailure>) -> Void) in
            facts.ids(of: .lifecycle, most: most, tenant: tenant, done)
        }.get()
    }

    @Test("Of a kind with a bound there are so many and no more; the known ones are replaced still")
    func bounded() throws {
        #expect(try put("b", most: 2) == .created)
        #expect(try put("a", most: 2) == .created)
        #expect(try put("c", most: 2) == .full)
        #expect(try put("b", most: 2) == .replaced)
        #expect(try put(PlatformFact.Key(.branch, "1"), "1") == nil)
        #expect(try put("c", most: 2, tenant: "jeco") == .created)
        #expect(try ids() == ["a", "b"])
        #expect(try ids(most: 1) == ["a"])
        #expect(try ids(tenant: "jeco") == ["c"])
        #expect(try ids(tenant: "nobody") == [])
        #expect(
            try read([PlatformFact.Key(.lifecycle, "c"), PlatformFact.Key(.lifecycle, "b")]).values.sorted() == ["b"])
    }

    private final class Outcomes: Sendable {
        private let kept = Mutex<[Result<PlatformFact.BoundedPut, StoreFailure>]>([])
        var all: [Result<PlatformFact.BoundedPut, StoreFailure>] { kept.withLock { $0 } }
        func append(_ outcome: Result<PlatformFact.BoundedPut, StoreFailure>) { kept.withLock { $0.append(outcome) } }
    }

    @Test("Many at a time do not pass the bound")
    func boundedTogether() throws {
        let outcomes = Outcomes()
        // As many connections as puts: none waits for another but by the lock.
        let store = try StoreFixture.ready { $0.poolConnections = 16 }
        let facts = PostgresPlatformFacts(pool: store.pool)
        store.on { _ in
            for index in 0..<16 {
                let fact = PlatformFact(PlatformFact.Key(.lifecycle, "id-\(index)"), text: [0x31])
                facts.put(fact, most: 5, tenant: "baanfoodie") { outcomes.append($0) }
            }
        }
        try store.wait("bounded facts") { _ in outcomes.all.count == 16 }
        let puts = try outcomes.all.map { try $0.get() }
        let counts = [PlatformFact.BoundedPut.created, .full].map { outcome in puts.count { $0 == outcome } }
        #expect(counts == [5, 11])
    }

    private func number(_ text: String, key: String? = nil, tenant: String = "baanfoodie") throws -> Int64 {
        try store.answer(to: "a number") { (_, done: @escaping @Sendable (Result<Int64, StoreFailure>) -> Void) in
            facts.numberTransaction(keeping: Array(text.utf8), key: key, tenant: tenant, done)
        }.get()
    }

    @Test("Transactions are numbered, each once, and keep what was given with them")
    func numbers() throws {
        var numbers: Set<Int64> = []
        for place in 0..<3 {
            let number = try number("\(place)")
            numbers.insert(number)
            let key = PlatformFact.Key(.transaction, String(number))
            #expect(try read([key]) == [key: "\(place)"])
        }
        #expect(numbers.count == 3 && numbers.allSatisfy { $0 > 0 })
    }

    @Test("A key has one number in its tenant, however often it is asked for")
    func keyedNumbers() throws {
        let first = try number("1", key: "ab")
        #expect(try number("2", key: "ab") == first)
        let text = PlatformFact.Key(.transaction, String(first))
        #expect(try read([text]) == [text: "1"])
        #expect(try number("1", key: "cd") != first)
        #expect(try number("1", key: "ab", tenant: "jeco") != first)
        #expect(try number("1") != first)
    }
}

import Domain
import Ports
import Primitives
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Gold prices as people query them", .serialized, .timeLimit(.minutes(5)))
struct GoldPriceProjectionTests {
    private let store: StoreFixture

    init() throws { store = try StoreFixture.ready() }

    private static func feed(_ tenant: String = "pawnshop") -> SessionAddress {
        SessionAddress(tenant: tenant, kind: .feed, id: "gold")
    }

    /// Baht, announced so many hours after the first.
    private static func row(
        _ offset: Int64, _ baht: Int64, hour: Int64, change: GoldPrice.Change = GoldPrice.Change(), round: Int64? = nil
    ) throws -> GoldPriceRow {
        func satang(_ count: Int64) throws -> Satang { try #require(Satang(count)) }
        let at = Entries.start.advanced(by: .seconds(hour * 3_600))
        return GoldPriceRow(
            offset: offset,
            price: GoldPrice(
                id: "\(87_000 + offset)", round: round, announcedAt: at,
                bar: GoldPrice.Pair(buy: try satang(baht * 100 - 20_000), sell: try satang(baht * 100)),
                ornament: GoldPrice.Pair(buy: try satang(baht * 100 - 153_036), sell: try satang(baht * 100 + 80_000)),
                change: change),
            publishedAt: at.advanced(by: .seconds(90)))
    }

    private func write(_ rows: [GoldPriceRow], tenant: String = "pawnshop") throws {
        #expect(try store.write(Self.feed(tenant), rows.map(StoredChange.goldPrice)) == nil)
    }

    private func list(_ query: GoldPriceQuery, tenant: String = "pawnshop") throws -> (offsets: [Int64], total: Int) {
        let page = try store.goldPrices(query, of: Self.feed(tenant))
        return (page.items.map(\.offset), page.total)
    }

    @Test("a price reads as it was written, to the satang, with what is not known of it")
    func exact() throws {
        let rows = [
            try Self.row(1, 66_400, hour: 0),
            try Self.row(
                2, 66_350, hour: 1, change: GoldPrice.Change(previous: -5_000, day: 10_025), round: 22),
        ]
        try write(rows)
        let page = try store.goldPrices(GoldPriceQuery(isNewestFirst: false), of: Self.feed())
        #expect(page == GoldPricePage(items: rows, total: 2))
        #expect(
            try store.count(
                "SELECT count(*) FROM gold_price WHERE ornament_buy = 64819.64 AND change_previous = -50 AND tenant = 'pawnshop'"
            ) == 1)
    }

    @Test("the history comes in pages, either way round, by when it was announced, each tenant apart")
    func pages() throws {
        try write(try (1...7).map { try Self.row($0, 66_000 + $0 * 50, hour: $0) })
        try write([try Self.row(1, 50_000, hour: 3)], tenant: "company_a")
        #expect(try list(GoldPriceQuery()) == ([7, 6, 5, 4, 3, 2, 1], 7))
        #expect(try list(GoldPriceQuery(isNewestFirst: false, size: 3)) == ([1, 2, 3], 7))
        #expect(try list(GoldPriceQuery(page: 3, size: 3)) == ([1], 7))
        #expect(try list(GoldPriceQuery(page: 4, size: 3)) == ([], 7))
        #expect(try list(GoldPriceQuery(page: .max, size: .max)) == ([], 7))
        #expect(try list(GoldPriceQuery(page: .min, size: .min)) == ([7], 7))
        let (from, until) = (
            Entries.start.advanced(by: .seconds(3 * 3_600)), Entries.start.advanced(by: .seconds(6 * 3_600))
        )
        // The beginning counts, the end does not.
        #expect(try list(GoldPriceQuery(from: from, until: until)) == ([5, 4, 3], 3))
        #expect(try list(GoldPriceQuery(from: until)) == ([7, 6], 2))
        #expect(try list(GoldPriceQuery(until: from, page: 2, size: 1)) == ([1], 2))
        #expect(try list(GoldPriceQuery(), tenant: "company_a") == ([1], 1))
        #expect(try list(GoldPriceQuery(), tenant: "nobody") == ([], 0))
    }

    @Test("the row is written with its event, or not at all, and goes with its session")
    func transaction() throws {
        let address = Self.feed()
        let stream = try store.identity(of: address)
        let row = try Self.row(1, 66_400, hour: 0)
        let entry = Entries.entry(
            address, stream, offsets: 1...1, creates: true, changes: [.goldPrice(row), .unfinished(true)])
        #expect(try store.append([entry]) == [nil])
        // The same offset again is a conflict in the log: nothing of it is written.
        #expect(try store.append([entry]) == [.conflict])
        #expect(try store.count("SELECT count(*) FROM gold_price") == 1)
        #expect(try store.count("SELECT count(*) FROM unfinished_session") == 1)
        #expect(try store.write(address, [.erase(offset: 2, key: nil)]) == nil)
        #expect(try store.count("SELECT count(*) FROM gold_price") == 0)
        #expect(try store.count("SELECT count(*) FROM unfinished_session") == 0)
    }
}

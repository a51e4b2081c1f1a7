package import Domain
package import Ports
internal import Primitives

/// What the journal projects of the gold price.
///
/// `@unchecked Sendable` because it is confined to its pool's loop, which the pool checks.
package final class PostgresGoldPrices: GoldPriceHistory, @unchecked Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func prices(
        _ query: GoldPriceQuery, of feed: SessionAddress,
        _ completion: @escaping @Sendable (Result<GoldPricePage, StoreFailure>) -> Void
    ) {
        let size = min(max(query.size, 1), GoldPriceQuery.maxSize)
        // A page behind the last one is empty, however far behind.
        let skipped = (min(max(query.page, 1), GoldPriceQuery.maxHistory + 1) - 1) * size
        var parameters = PostgresParameters()
        parameters.add(feed.tenant)
        parameters.add(feed.kind.rawValue)
        parameters.add(feed.id)
        parameters.add(query.from)
        parameters.add(query.until)
        parameters.add(Int32(GoldPriceQuery.maxHistory))
        parameters.add(Int32(size))
        parameters.add(Int32(clamping: skipped))
        let statement = query.isNewestFirst ? Self.newestFirst : Self.oldestFirst
        pool.run(PostgresBatch(statement, parameters)) { outcome in
            completion(outcome.decoded { result throws(PostgresDecodingFailure) in try Self.page(result) })
        }
    }

    // MARK: Statements

    private static let newestFirst = statement("gold_prices_newest", "DESC")
    private static let oldestFirst = statement("gold_prices_oldest", "ASC")

    /// Every row says how many there are, and of an empty page one without a price does.
    private static func statement(_ name: String, _ order: String) -> PostgresStatement {
        PostgresStatement(
            name,
            """
            WITH history AS (
                SELECT session, "offset" FROM gold_price
                WHERE session = (SELECT id FROM session WHERE tenant = $1::text AND kind = $2::text AND name = $3::text)
                  AND announced_at >= coalesce($4::timestamptz, '-infinity')
                  AND announced_at < coalesce($5::timestamptz, 'infinity')
                ORDER BY "offset" DESC LIMIT $6::int4
            ), page AS (
                SELECT "offset", source_id, round, (bar_buy * 100)::int8, (bar_sell * 100)::int8,
                       (ornament_buy * 100)::int8, (ornament_sell * 100)::int8, (change_previous * 100)::int8,
                       (change_day * 100)::int8, announced_at, published_at
                FROM gold_price JOIN history USING (session, "offset")
                ORDER BY "offset" \(order) LIMIT $7::int4 OFFSET $8::int4
            )
            SELECT counted.total, page.* FROM (SELECT count(*) AS total FROM history) counted LEFT JOIN page ON true
            ORDER BY page."offset" \(order)
            """)
    }

    // MARK: Decoding

    private static func page(_ result: PostgresResult) throws(PostgresDecodingFailure) -> GoldPricePage {
        let total = Int(clamping: try result.int64(0, 0))
        var items: [GoldPriceRow] = []
        for row in 0..<result.rowCount where !result.isNull(row, 1) { items.append(try price(result, row)) }
        return GoldPricePage(items: items, total: total)
    }

    private static func price(_ result: PostgresResult, _ row: Int) throws(PostgresDecodingFailure) -> GoldPriceRow {
        let price = GoldPrice(
            id: try result.text(row, 2), round: try result.optionalInt64(row, 3),
            announcedAt: try result.timestamp(row, 10), bar: try pair(result, row, 4),
            ornament: try pair(result, row, 6),
            change: GoldPrice.Change(
                previous: try result.optionalInt64(row, 8), day: try result.optionalInt64(row, 9)))
        return GoldPriceRow(
            offset: try result.int64(row, 1), price: price, publishedAt: try result.timestamp(row, 11))
    }

    private static func pair(
        _ result: PostgresResult, _ row: Int, _ column: Int
    ) throws(PostgresDecodingFailure) -> GoldPrice.Pair {
        guard let buy = Satang(try result.int64(row, column)), let sell = Satang(try result.int64(row, column + 1))
        else {
            throw PostgresDecodingFailure()
        }
        return GoldPrice.Pair(buy: buy, sell: sell)
    }
}

package import Domain
package import Ports
package import Reactor

/// The gold prices that sessions have stored. Confined to its loop.
package final class SimulatedGoldPrices: GoldPriceHistory, @unchecked Sendable {
    package let loop: EventLoop
    private let store: SimulatedStore
    package var failure: StoreFailure?

    package init(loop: EventLoop, store: SimulatedStore) {
        self.loop = loop
        self.store = store
    }

    package func prices(
        _ query: GoldPriceQuery, of feed: SessionAddress,
        _ completion: @escaping @Sendable (Result<GoldPricePage, StoreFailure>) -> Void
    ) {
        let newestFirst = Array((store.records[feed]?.goldPrices ?? []).reversed()).filter { row in
            query.from.map { row.price.announcedAt >= $0 } ?? true
                && query.until.map { row.price.announcedAt < $0 } ?? true
        }
        let all = query.isNewestFirst ? newestFirst : newestFirst.reversed()
        let items = all.dropFirst((query.page - 1) * query.size).prefix(query.size)
        let result: Result<GoldPricePage, StoreFailure> =
            failure.map { .failure($0) } ?? .success(GoldPricePage(items: Array(items), total: all.count))
        loop.submit { completion(result) }
    }
}

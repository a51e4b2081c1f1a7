package import Domain
package import Primitives

/// Where the gold price is asked for. One instance a loop; confined to it.
package protocol GoldPriceSource: AnyObject, Sendable {
    /// Answers exactly once, on the loop and in a later turn, within the bounds of its adapter (docs/LIMITS.md).
    func fetch(_ completion: @escaping @Sendable (GoldAnswer) -> Void)
}

/// A published gold price as people query it (`gold_price`).
package struct GoldPriceRow: Sendable, Equatable {
    /// Of its event.
    package let offset: Int64
    package let price: GoldPrice
    package let publishedAt: Timestamp

    package init(offset: Int64, price: GoldPrice, publishedAt: Timestamp) {
        self.offset = offset
        self.price = price
        self.publishedAt = publishedAt
    }
}

package struct GoldPriceQuery: Sendable, Equatable {
    /// Announced at or after; nil: from the beginning.
    package var from: Timestamp?
    /// Announced before; nil: until now.
    package var until: Timestamp?
    package var isNewestFirst: Bool
    /// From 1.
    package var page: Int
    /// 1…`maxSize`.
    package var size: Int

    package static let maxSize = 500
    /// Of what is asked for, the newest so many are listed and counted: three years of a price that changes ten times a day.
    package static let maxHistory = 10_000

    package init(
        from: Timestamp? = nil, until: Timestamp? = nil, isNewestFirst: Bool = true, page: Int = 1, size: Int = 100
    ) {
        self.from = from
        self.until = until
        self.isNewestFirst = isNewestFirst
        self.page = page
        self.size = size
    }
}

package struct GoldPricePage: Sendable, Equatable {
    package let items: [GoldPriceRow]
    /// Of all pages together.
    package let total: Int

    package init(items: [GoldPriceRow], total: Int) {
        self.items = items
        self.total = total
    }
}

/// What the journal projects of the gold price. One instance a loop; confined to it; every completion runs once, on it, in a later turn.
package protocol GoldPriceHistory: AnyObject, Sendable {
    func prices(
        _ query: GoldPriceQuery, of feed: SessionAddress,
        _ completion: @escaping @Sendable (Result<GoldPricePage, StoreFailure>) -> Void)
}

package import Primitives

/// Why the source gave no price that can be used.
package enum GoldFailure: String, Sendable, CaseIterable {
    /// Nobody there, too slow, or trouble of its own (5xx).
    case unreachable
    /// It does not serve us: 403, 429, or a page that asks whether we are people.
    case refused
    /// What came is not in the form that it had.
    case unreadable
    /// Shops would buy dearer than they sell, or it is of the future.
    case implausible
    /// The server has no source.
    case unconfigured
}

package enum GoldAnswer: Sendable, Equatable {
    case price(GoldPrice)
    case failure(GoldFailure)
}

/// Why a price waits for a person.
package enum GoldHoldReason: String, Sendable, CaseIterable {
    /// It is too far from the last one.
    case jump
    /// There is no last one, and it is not where the price of gold has been for years.
    case first
}

/// Whether a fetched price is to be believed.
package enum GoldPriceRule {
    package enum Verdict: Sendable, Equatable {
        case publish
        case hold(GoldHoldReason)
        /// Published already.
        case unchanged
        /// A person has refused this very announcement.
        case rejected
        /// Announced before the one that stands.
        case stale
        case refuse(GoldFailure)
    }

    /// A price that is further from the last one is held.
    package static let maxJumpPercent: Int64 = 5
    /// Where a first price is expected, in satang.
    package static let expected: ClosedRange<Int64> = 1_000_000...20_000_000
    /// How far the source's clock may be ahead of ours.
    package static let maxAhead = Duration.seconds(600)

    /// - Parameters:
    ///   - latest: what was published last.
    ///   - rejected: what a person refused last.
    package static func judge(
        _ price: GoldPrice, after latest: GoldPrice?, rejected: GoldPrice?, at now: Timestamp
    ) -> Verdict {
        for pair in [price.bar, price.ornament] {
            guard pair.buy > .zero, pair.buy < pair.sell else { return .refuse(.implausible) }
        }
        guard price.announcedAt <= now.advanced(by: maxAhead) else { return .refuse(.implausible) }
        if let latest {
            if price.isSamePrice(as: latest) { return .unchanged }
            if price.announcedAt < latest.announcedAt { return .stale }
        }
        guard let reason = doubt(about: price, after: latest) else { return .publish }
        // The next announcement is asked about again, though it says the same: a person may have been wrong.
        if let rejected, price.id == rejected.id, price.isSamePrice(as: rejected) { return .rejected }
        return .hold(reason)
    }

    private static func doubt(about price: GoldPrice, after latest: GoldPrice?) -> GoldHoldReason? {
        guard let latest else { return price.amounts.allSatisfy(expected.contains) ? nil : .first }
        let isJump = zip(price.amounts, latest.amounts).contains { new, old in
            // At most 10^15 each: far from overflow.
            abs(new - old) * 100 > old * maxJumpPercent
        }
        return isJump ? .jump : nil
    }
}

extension GoldPrice {
    fileprivate var amounts: [Int64] { [bar.buy, bar.sell, ornament.buy, ornament.sell].map(\.count) }
}

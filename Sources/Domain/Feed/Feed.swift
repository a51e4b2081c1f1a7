package import JSON
package import Primitives

/// A feed: one value that many follow, and the values before it. Published by command, or fetched from a source on its schedule. Pure.
package struct Feed: SessionMachine {
    package typealias Event = FeedEvent
    package typealias Effect = FeedEffect
    package typealias Outcome = FeedOutcome
    package typealias Live = FeedLive
    package typealias Facts = FeedFacts
    package typealias Audience = FeedAudience
    package typealias Measurement = FeedCheck

    package static var kind: SessionKind { .feed }
    package static var checkpointFormat: Int16 { 1 }

    package struct Entry: Sendable, Equatable {
        package let value: JSONObject
        package let at: Timestamp
        package let offset: Int64
        /// Of the value as JSON.
        let bytes: Int

        init(value: JSONObject, at: Timestamp, offset: Int64) {
            self.value = value
            self.at = at
            self.offset = offset
            bytes = JSONValue.object(value).bytes.count
        }
    }

    /// A value that waits for a person.
    package struct Held: Sendable, Equatable {
        /// Of the event that held it.
        package let offset: Int64
        package let price: GoldPrice
        package let reason: GoldHoldReason
        package let since: Timestamp
    }

    package let id: String
    package let facts: FeedFacts
    package let createdAt: Timestamp
    package internal(set) var updatedAt: Timestamp
    /// Oldest first; the last one is the value.
    package internal(set) var history: [Entry] = []
    package private(set) var historyBytes = 0
    package internal(set) var held: Held?
    /// The announcement that a person refused last, so that it is not asked about again.
    package internal(set) var rejected: GoldPrice?
    package internal(set) var check: FeedCheck?
    package internal(set) var lastOffset: Int64 = 0

    /// Of one value, as JSON.
    package static let maxValueBytes = 8 * 1_024
    /// Of all that are kept: a snapshot has them. The latest is kept whatever the others take.
    package static let maxHistoryBytes = 192 * 1_024

    package init(id: String, facts: FeedFacts, createdAt: Timestamp) {
        self.id = id
        self.facts = facts
        self.createdAt = createdAt
        updatedAt = createdAt
    }

    package var latest: Entry? { history.last }
    /// Of the gold price: what was published last.
    package var latestPrice: GoldPrice? { latest.flatMap(Self.price) }
    /// The one before it.
    package var previousPrice: GoldPrice? { history.dropLast().last.flatMap(Self.price) }

    private static func price(_ entry: Entry) -> GoldPrice? { GoldPrice(json: .object(entry.value)) }

    /// It wakes by itself.
    package var hasSchedule: Bool { facts.source != nil }

    // MARK: Applying

    package mutating func apply(_ event: FeedEvent, offset: Int64, at: Timestamp) {
        lastOffset = offset
        updatedAt = at
        switch event {
        case .published(let value, let since, let number):
            keep(Entry(value: value, at: since, offset: offset))
            // With the event, not before it: who waits for the check finds the price.
            if let number { apply(FeedCheck(number: number, at: at, result: .published)) }
        case .held(let price, let reason, let number):
            held = Held(offset: offset, price: price, reason: reason, since: at)
            apply(FeedCheck(number: number, at: at, result: .held))
        case .confirmed(let number, _):
            if held?.offset == number { held = nil }
        case .rejected(let number, let cause):
            guard let held, held.offset == number else { return }
            if case .refused = cause { rejected = held.price }
            self.held = nil
        }
    }

    mutating func keep(_ entry: Entry) {
        history.append(entry)
        historyBytes += entry.bytes
        let surplus = history.count - facts.historyLength
        var dropped = max(0, surplus)
        historyBytes -= history.prefix(dropped).reduce(0) { $0 + $1.bytes }
        while historyBytes > Self.maxHistoryBytes, dropped < history.count - 1 {
            historyBytes -= history[dropped].bytes
            dropped += 1
        }
        history.removeFirst(dropped)
    }

    /// The newest counts, in whatever order they come.
    package mutating func apply(_ check: FeedCheck) {
        if check.number > self.check?.number ?? 0 { self.check = check }
    }

    package static func data(of event: FeedEvent, for audience: FeedAudience) -> JSONValue? {
        event.data(for: audience)
    }
}

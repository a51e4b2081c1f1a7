package import JSON
package import Primitives

/// What a feed wants done outside.
package enum FeedEffect: Sendable, Equatable {
    /// Ask the source, unless it is being asked.
    case fetch(attempt: Int)
    /// Its schedule is due then.
    case wake(at: Timestamp)
    /// Ask again then, in place of what was planned before.
    case retry(attempt: Int, at: Timestamp)
    case stopRetry
    /// Tell subscribers what came of asking.
    case show(FeedCheck)
}

package enum FeedOutcome: Sendable, Equatable {
    /// The session was made or loaded.
    case resumed
    case scheduleDue
    case retryDue(attempt: Int)
    /// What the source answered; it was asked the `attempt`th time in a row.
    case fetched(attempt: Int, GoldAnswer)
}

/// What decisions see of effects that run.
package struct FeedLive: Sendable, Equatable {
    package var isFetching: Bool

    package init(isFetching: Bool) { self.isFetching = isFetching }
}

/// What came of asking the source. Most of these change nothing, so that it is no event: checkpoints keep the newest.
package struct FeedCheck: Sendable, Equatable {
    package enum Result: String, Sendable, CaseIterable {
        case published, held, unchanged, rejected, stale, failed
    }

    /// 1, 2, 3 … in the feed's life.
    package let number: Int64
    package let at: Timestamp
    package let result: Result
    /// Of one that failed.
    package let failure: GoldFailure?

    package init(number: Int64, at: Timestamp, result: Result, failure: GoldFailure? = nil) {
        self.number = number
        self.at = at
        self.result = result
        self.failure = failure
    }
}

extension FeedCheck: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = [
            "number": .integer(number), "at": .string(at.rfc3339), "result": .string(result.rawValue),
        ]
        object["failure"] = failure.map { .string($0.rawValue) }
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        let failure: GoldFailure? = try fields.string(ifPresent: "failure") == nil ? nil : try fields.choice("failure")
        self.init(
            number: try fields.integer("number"), at: try fields.time("at"), result: try fields.choice("result"),
            failure: failure)
    }
}

/// When a source is asked, and how often again.
package enum FeedPolicy {
    /// The document's: every full hour from 8 to 18, Monday to Saturday, in Bangkok.
    package static let schedule = "0 8-18 * * 1-6"
    /// Seconds until a source that failed is asked again; behind the last its next time is waited for.
    package static let fetchDelays: [Int64] = [2, 10, 60, 300]

    static func delay(before attempt: Int) -> Duration? {
        let index = attempt - 2
        return fetchDelays.indices.contains(index) ? .seconds(fetchDelays[index]) : nil
    }
}

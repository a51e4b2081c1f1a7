package import JSON
package import Primitives

/// What a feed's log holds.
package enum FeedEvent: SessionEvent {
    /// From `at` on this is the value. `check`: the number of the check that brought it; nil: it was published by a person or a service.
    case published(value: JSONObject, at: Timestamp, check: Int64? = nil)
    /// A fetched value waits for a person. Its number is the event's offset. It takes the place of one that waited before.
    case held(GoldPrice, GoldHoldReason, check: Int64)
    /// A person lets it through; `published` follows.
    case confirmed(held: Int64, by: String)
    /// It is not to be published.
    case rejected(held: Int64, FeedRejection)

    package var name: String {
        switch self {
        case .published: "feed.published"
        case .held: "feed.held"
        case .confirmed: "feed.confirmed"
        case .rejected: "feed.rejected"
        }
    }

    package var data: JSONValue {
        switch self {
        case .published(let value, let at, let check):
            var object: JSONObject = ["value": .object(value), "at": .string(at.rfc3339)]
            object["check"] = check.map(JSONValue.integer)
            return .object(object)
        case .held(let price, let reason, let check):
            return ["value": price.json, "reason": .string(reason.rawValue), "check": .integer(check)]
        case .confirmed(let held, let by): return ["held": .integer(held), "by": .string(by)]
        case .rejected(let held, let cause):
            var object: JSONObject = ["held": .integer(held), "why": .string(cause.word)]
            if case .refused(let by) = cause { object["by"] = .string(by) }
            return .object(object)
        }
    }

    package init?(name: String, data: JSONValue) {
        do {
            let fields = try JSONFields(data)
            switch name {
            case "feed.published":
                guard let value = try fields.value("value").object else { return nil }
                self = .published(
                    value: value, at: try fields.time("at"), check: try fields.integer(ifPresent: "check"))
            case "feed.held":
                self = .held(
                    try fields.part("value"), try fields.choice("reason"), check: try fields.integer("check"))
            case "feed.confirmed":
                self = .confirmed(held: try fields.integer("held"), by: try fields.string("by"))
            case "feed.rejected":
                let held = try fields.integer("held")
                switch try fields.string("why") {
                case "rejected": self = .rejected(held: held, .refused(by: try fields.string("by")))
                case "superseded": self = .rejected(held: held, .superseded)
                default: return nil
                }
            default: return nil
            }
        } catch {
            return nil
        }
    }
}

extension FeedEvent {
    /// The state's check follows from it.
    var bringsCheck: Bool {
        switch self {
        case .published(_, _, let check): check != nil
        case .held: true
        case .confirmed, .rejected: false
        }
    }
}

/// Why what was held is not published.
package enum FeedRejection: Sendable, Equatable {
    /// A person said so.
    case refused(by: String)
    /// The source says something else by now, which needs nobody.
    case superseded

    var word: String {
        switch self {
        case .refused: "rejected"
        case .superseded: "superseded"
        }
    }
}

// MARK: As an audience sees it

/// Who sees the same of a feed.
package enum FeedAudience: UInt8, SessionAudience {
    case reader
    /// Who serves the tenant: sees what is held, and who decided about it.
    case keeper
}

extension FeedEvent {
    /// nil: all of it. What is published is the same for all.
    func data(for audience: FeedAudience) -> JSONValue? {
        guard audience == .reader else { return nil }
        switch self {
        case .published: return nil
        case .held: return [:]
        case .confirmed(let held, _): return ["held": .integer(held)]
        case .rejected(let held, let cause): return ["held": .integer(held), "why": .string(cause.word)]
        }
    }
}

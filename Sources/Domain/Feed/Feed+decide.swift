internal import JSON
internal import Primitives

extension Feed {
    private var path: String { Self.kind.rawValue + "/" + id }

    // MARK: Who

    package func audience(of caller: Caller) -> FeedAudience? {
        if caller.role.servesTenant { return .keeper }
        if caller.readable.contains(path) || caller.writable.contains(path) { return .reader }
        // Who came by a link reads what the link is for.
        guard caller.role != .guest else { return nil }
        return switch facts.readers {
        case .everyone: .reader
        case .roles(let roles): roles.contains(caller.role) ? .reader : nil
        }
    }

    package func mayPublish(_ caller: Caller) -> Bool { facts.publishers.contains(caller.role) }

    /// Nobody signals to the others.
    package func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? {
        mayRead(caller) ? .unknownCommand : .forbidden
    }

    // MARK: Commands

    package func decide(
        _ command: SessionCommand, live: FeedLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Feed> {
        let (caller, data) = (command.caller, command.data)
        guard audience(of: caller) != nil else { throw .forbidden }
        let act: () throws(FaultReason) -> Decision<Feed>
        switch command.name {
        case "feed.publish": act = { () throws(FaultReason) in try publish(data, context.now) }
        case "feed.confirm": act = { () throws(FaultReason) in try confirm(data, caller) }
        case "feed.reject": act = { () throws(FaultReason) in try reject(data, caller) }
        case "feed.sync": act = { () throws(FaultReason) in try sync(live) }
        default: throw .unknownCommand
        }
        guard mayPublish(caller) else { throw .forbidden }
        return try act()
    }

    private func publish(_ data: JSONValue, _ now: Timestamp) throws(FaultReason) -> Decision<Feed> {
        guard facts.source == nil else { throw .rejected("this feed publishes what its source says") }
        guard let value = data["value"]?.object else { throw .invalid("value is a JSON object") }
        guard JSONValue.object(value).bytes.count <= Self.maxValueBytes else {
            throw .tooLarge("value has at most \(Self.maxValueBytes) bytes")
        }
        return Decision(events: [.published(value: value, at: now)])
    }

    private func confirm(_ data: JSONValue, _ caller: Caller) throws(FaultReason) -> Decision<Feed> {
        let held = try held(namedBy: data)
        let price = held.price.following(latestPrice)
        return Decision(events: [
            .confirmed(held: held.offset, by: caller.subject),
            .published(value: price.object, at: price.announcedAt),
        ])
    }

    private func reject(_ data: JSONValue, _ caller: Caller) throws(FaultReason) -> Decision<Feed> {
        let held = try held(namedBy: data)
        return Decision(events: [.rejected(held: held.offset, .refused(by: caller.subject))])
    }

    /// Another one may wait by now than the one that the person has looked at.
    private func held(namedBy data: JSONValue) throws(FaultReason) -> Held {
        guard let held else { throw .rejected("no value is held") }
        if let named = data["held"], !named.isNull {
            guard let number = named.integer else { throw .invalid("held is the offset of its feed.held event") }
            guard number == held.offset else { throw .rejected("another value is held now") }
        }
        return held
    }

    /// Who asks while the source is being asked waits for the same answer. `check` is the number that the answer will have.
    private func sync(_ live: FeedLive) throws(FaultReason) -> Decision<Feed> {
        guard facts.source != nil else { throw .rejected("this feed has no source") }
        var decision = Decision<Feed>(answer: [
            "check": .integer(nextCheck), "joined": .bool(live.isFetching),
        ])
        if !live.isFetching { decision.effects = [.fetch(attempt: 1)] }
        return decision
    }

    private var nextCheck: Int64 { (check?.number ?? 0) + 1 }

    // MARK: Outcomes

    package func decide(_ outcome: FeedOutcome, live: FeedLive, _ context: DecisionContext) -> Decision<Feed>? {
        guard hasSchedule, let schedule = CronSchedule(FeedPolicy.schedule) else { return nil }
        let now = context.now
        var decision = Decision<Feed>()
        switch outcome {
        case .resumed:
            // A time that came while nobody ran is made up for.
            let last = schedule.last(upTo: now)
            if check.map({ check in last.map { check.at < $0 } ?? false }) ?? true {
                decision.effects.append(.fetch(attempt: 1))
            }
            plan(schedule, now, &decision)
        case .scheduleDue:
            decision.effects.append(.fetch(attempt: 1))
            plan(schedule, now, &decision)
        case .retryDue(let attempt): decision.effects.append(.fetch(attempt: attempt))
        case .fetched(let attempt, let answer): receive(answer, attempt, now, &decision)
        }
        return decision
    }

    private func plan(_ schedule: CronSchedule, _ now: Timestamp, _ decision: inout Decision<Feed>) {
        if let next = schedule.next(after: now) { decision.effects.append(.wake(at: next)) }
    }

    private func receive(
        _ answer: GoldAnswer, _ attempt: Int, _ now: Timestamp, _ decision: inout Decision<Feed>
    ) {
        switch answer {
        case .failure(let failure): fail(failure, attempt, now, &decision)
        case .price(let price):
            switch GoldPriceRule.judge(price, after: latestPrice, rejected: rejected, at: now) {
            case .refuse(let failure): fail(failure, attempt, now, &decision)
            case .publish:
                supersede(&decision)
                let value = price.following(latestPrice)
                decision.events.append(
                    .published(value: value.object, at: value.announcedAt, check: nextCheck))
                end(.published, now, &decision)
            case .hold(let reason):
                if held?.price.isSamePrice(as: price) != true {
                    decision.events.append(.held(price.following(latestPrice), reason, check: nextCheck))
                }
                end(.held, now, &decision)
            case .unchanged:
                supersede(&decision)
                end(.unchanged, now, &decision)
            case .rejected:
                supersede(&decision)
                end(.rejected, now, &decision)
            case .stale: end(.stale, now, &decision)
            }
        }
    }

    /// What was held is not what the source says any more.
    private func supersede(_ decision: inout Decision<Feed>) {
        if let held { decision.events.append(.rejected(held: held.offset, .superseded)) }
    }

    private func end(
        _ result: FeedCheck.Result, _ now: Timestamp, _ decision: inout Decision<Feed>, _ failure: GoldFailure? = nil
    ) {
        let check = FeedCheck(number: nextCheck, at: now, result: result, failure: failure)
        // What an event brings comes with it.
        if !decision.events.contains(where: \.bringsCheck) { decision.measurements.append(check) }
        if failure == nil { decision.effects.append(.stopRetry) }
        decision.effects.append(.show(check))
    }

    private func fail(_ failure: GoldFailure, _ attempt: Int, _ now: Timestamp, _ decision: inout Decision<Feed>) {
        end(.failed, now, &decision, failure)
        // A server without a source gets none by being asked again.
        guard failure != .unconfigured, let delay = FeedPolicy.delay(before: attempt + 1) else { return }
        decision.effects.append(.retry(attempt: attempt + 1, at: now.advanced(by: delay)))
    }
}

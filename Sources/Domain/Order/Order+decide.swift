package import JSON
package import Primitives

extension Order {
    var path: String { Self.kind.rawValue + "/" + id }

    // MARK: Who

    /// As what somebody acts.
    package func parties(of caller: Caller) -> Set<OrderParty> {
        var parties: Set<OrderParty> = []
        if caller.subject == facts.customer { parties.insert(.customer) }
        if caller.subject == facts.provider { parties.insert(.provider) }
        if let rider, caller.subject == rider.id { parties.insert(.rider) }
        switch caller.role {
        case .staff, .admin, .operator: parties.insert(.staff)
        case .service: parties.insert(.service)
        case .customer, .provider, .rider, .guest: break
        }
        return parties
    }

    package func audience(of caller: Caller) -> OrderAudience? {
        if caller.role.servesTenant { return .staff }
        if let rider, caller.subject == rider.id { return .rider }
        if caller.subject == facts.provider { return .provider }
        let isCustomer =
            caller.subject == facts.customer || caller.readable.contains(path) || caller.writable.contains(path)
        return isCustomer ? .customer : nil
    }

    /// Nobody signals to the others.
    package func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? {
        mayRead(caller) ? .unknownCommand : .forbidden
    }

    // MARK: Commands

    package func decide(
        _ command: SessionCommand, live: OrderLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Order> {
        let (caller, data) = (command.caller, command.data)
        guard audience(of: caller) != nil else { throw .forbidden }
        return switch command.name {
        case "status.advance": try advance(data, caller, context.now)
        case "rider.assign": try assign(data, caller, context.now)
        case "position.report": try report(data, caller, live, context)
        case "order.cancel": try cancel(data, caller, context.now)
        case "payment.attach": try attach(data, caller)
        default: throw .unknownCommand
        }
    }

    private func advance(
        _ data: JSONValue, _ caller: Caller, _ now: Timestamp
    ) throws(FaultReason) -> Decision<Order> {
        guard let target = data["to"]?.string, lifecycle.state(target) != nil else {
            throw .invalid("to is one of \(lifecycle.states.map(\.name).joined(separator: ", "))")
        }
        let note = try text(data, "note", isRequired: false)
        let parties = parties(of: caller)
        let mayEver = lifecycle.transitions.contains { $0.to == target && !$0.by.isDisjoint(with: parties) }
        guard mayEver else { throw .forbidden }
        guard lifecycle.transitions.contains(where: { $0.from == status && $0.to == target }) else {
            throw .rejected("\(status) does not lead to \(target)")
        }
        guard let party = lifecycle.party(from: status, to: target, among: parties) else { throw .forbidden }
        return changing(to: target, by: party, subject: caller.subject, note: note, at: now)
    }

    private func changing(
        to target: String, by party: OrderParty, subject: String?, note: String? = nil, at now: Timestamp
    ) -> Decision<Order> {
        let step = OrderStep(from: status, to: target, by: party, subject: subject, note: note)
        var decision = Decision<Order>(events: [.statusChanged(step)], answer: ["status": .string(target)])
        let next = following(decision.events)
        if next.isTerminal {
            decision.effects = [.stopFollowing, .hide]
        } else if next.isTracked {
            decision.effects = [.show(next.sight(at: now))]
        }
        return decision
    }

    private func cancel(_ data: JSONValue, _ caller: Caller, _ now: Timestamp) throws(FaultReason) -> Decision<Order> {
        // Who has a link that allows to write may cancel for the customer, and nothing else.
        let isGranted = caller.writable.contains(path)
        let parties = isGranted ? parties(of: caller).union([.customer]) : parties(of: caller)
        guard let cancellation = lifecycle.cancellation, let party = cancellation.party(among: parties) else {
            throw .forbidden
        }
        guard let reason = try text(data, "reason", isRequired: true) else { throw .invalid("reason is missing") }
        guard let target = lifecycle.mayCancel(in: status, by: parties) else {
            throw .rejected("an order that is \(status) cannot be cancelled")
        }
        var decision = changing(to: target, by: party, subject: caller.subject, at: now)
        decision.events.append(.cancelled(reason: reason, by: party))
        return decision
    }

    private func assign(_ data: JSONValue, _ caller: Caller, _ now: Timestamp) throws(FaultReason) -> Decision<Order> {
        guard caller.role.servesTenant || caller.subject == facts.provider else { throw .forbidden }
        let assigned = try OrderRider(command: data["rider"])
        guard !isTerminal else { throw .rejected("an order that is \(status) needs no rider") }
        var decision = Decision<Order>(answer: ["rider": .string(assigned.id)])
        guard assigned != rider else { return decision }
        decision.events = [.riderAssigned(assigned)]
        decision.effects = [.show(following(decision.events).sight(at: now))]
        return decision
    }

    private func attach(_ data: JSONValue, _ caller: Caller) throws(FaultReason) -> Decision<Order> {
        guard caller.role.servesTenant else { throw .forbidden }
        guard let id = data["payment"]?.string, SessionAddress.isValid(id: id) else {
            throw .invalid("payment is no session's id")
        }
        guard !isTerminal else { throw .rejected("an order that is \(status) follows no payment") }
        guard id != payment else { return Decision(answer: ["payment": .string(id)]) }
        if payment != nil {
            switch paymentStatus {
            case .rejected, .expired, .cancelled: break
            case nil, .pending, .accepted, .review, .refunded: throw .rejected("the order follows another payment")
            }
        }
        return Decision(
            events: [.paymentChanged(payment: id, status: nil, display: status)],
            answer: ["payment": .string(id)], effects: [.follow(payment: id)])
    }

    /// - Returns: 1 to `maxNoteCharacters` characters, or nil when there is none and none is needed.
    private func text(_ data: JSONValue, _ name: String, isRequired: Bool) throws(FaultReason) -> String? {
        guard let value = data[name], !value.isNull else {
            if isRequired { throw .invalid("\(name) has 1 to \(Self.maxNoteCharacters) characters") }
            return nil
        }
        guard let text = value.string, (1...Self.maxNoteCharacters).contains(text.count) else {
            throw .invalid("\(name) has 1 to \(Self.maxNoteCharacters) characters")
        }
        return text
    }

    // MARK: Positions

    package static func takes(signal name: String) -> Bool { name == "position.report" }

    package func decide(
        signal name: String, _ data: JSONValue, from caller: Caller, live: OrderLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Order>? {
        guard Self.takes(signal: name) else { return nil }
        return try report(data, caller, live, context)
    }

    private func report(
        _ data: JSONValue, _ caller: Caller, _ live: OrderLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Order> {
        guard let rider, caller.subject == rider.id else { throw .forbidden }
        guard !isTerminal else { throw .rejected("an order that is \(status) is followed no more") }
        let report = try PositionReport(data: data, now: context.now)
        var next = self
        let change = next.track.add(report)
        var decision = Decision<Order>(
            answer: [
                "accepted": .integer(Int64(change.accepted)), "dropped": .integer(Int64(change.dropped.total)),
                "everySeconds": .integer(Int64(live.pace)),
            ])
        // What was dropped is counted, too.
        decision.measurements = [report]
        guard change.isMoved else { return decision }
        decision.events = next.notices(at: context.now)
        decision.preparations = [.show(next.following(decision.events).sight(at: context.now))]
        return decision
    }

    /// What a new position is worth in the log.
    private func notices(at now: Timestamp) -> [OrderEvent] {
        // What the customer must not see is not written for everybody to read.
        guard showsRider, let fix = track.current, let destination = facts.destination?.point else { return [] }
        let stage = Geofence.stage(of: fix, to: destination)
        if stage == .arrived, !hasArrived { return [.riderArrived] }
        var events: [OrderEvent] = []
        if stage != .far, !isNear { events.append(.riderNear) }
        if let estimate = estimate(at: now), isWorthTelling(estimate, at: now) { events.append(.etaChanged(estimate)) }
        return events
    }

    private func estimate(at now: Timestamp) -> Arrival? {
        guard !hasArrived, let fix = track.current else { return nil }
        return Arrival.estimate(from: fix, track: track, to: facts.destination?.point, now: now)
    }

    private func isWorthTelling(_ estimate: Arrival, at now: Timestamp) -> Bool {
        guard let arrival, let arrivalToldAt else { return true }
        return now >= arrivalToldAt.advanced(by: Self.minETAInterval) && estimate.isWorthTelling(after: arrival)
    }

    /// What is seen of the rider.
    package func sight(at now: Timestamp) -> OrderSight {
        let left = track.current.flatMap { fix in facts.destination.map { fix.point.distance(to: $0.point) } }
        return OrderSight(
            position: PublishedPosition(track, now: now), arrival: estimate(at: now), audiences: trackAudiences,
            distance: left)
    }

    private func following(_ events: [OrderEvent]) -> Order {
        var next = self
        for event in events { next.apply(event, offset: lastOffset, at: updatedAt) }
        return next
    }

    // MARK: Outcomes

    package func decide(_ outcome: OrderOutcome, live: OrderLive, _ context: DecisionContext) -> Decision<Order>? {
        switch outcome {
        case .resumed:
            var effects: [OrderEffect] = []
            if followsPayment, let payment { effects.append(.follow(payment: payment)) }
            if isTracked { effects.append(.show(sight(at: context.now))) }
            return effects.isEmpty ? nil : Decision(effects: effects)
        case .paymentSeen(let id, let seen):
            guard id == payment, seen != paymentStatus, !isTerminal else { return nil }
            let target = lifecycle.move(on: seen, in: status)
            let shown = lifecycle.display(of: target ?? status, payment: seen).status
            var decision = target.map { changing(to: $0, by: .payment, subject: nil, at: context.now) } ?? Decision()
            decision.events.insert(.paymentChanged(payment: id, status: seen, display: shown), at: 0)
            return decision
        }
    }
}

extension Lifecycle {
    /// As which of them somebody makes this step: the first that may.
    fileprivate func party(from: String, to: String, among parties: Set<OrderParty>) -> OrderParty? {
        let allowed = transitions.filter { $0.from == from && $0.to == to }.reduce(into: Set()) { $0.formUnion($1.by) }
        return OrderParty.allCases.first { parties.contains($0) && allowed.contains($0) }
    }
}

extension Lifecycle.Cancellation {
    fileprivate func party(among parties: Set<OrderParty>) -> OrderParty? {
        OrderParty.allCases.first { parties.contains($0) && by.contains($0) }
    }
}

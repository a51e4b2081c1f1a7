package import JSON
internal import Primitives

extension Order {
    // MARK: Snapshots

    package func snapshotState(for audience: OrderAudience) -> [UInt8] { state(for: audience).bytes }

    /// The order as an audience sees it (`Protocol/schemas/order-state.schema.json`).
    package func state(for audience: OrderAudience) -> JSONValue { .object(object(for: audience)) }

    private func object(for audience: OrderAudience) -> JSONObject {
        let display = display
        var object: JSONObject = [
            "id": .string(id), "lifecycle": .string(lifecycle.name), "status": .string(status),
            "display": ["status": .string(display.status), "label": display.label.json],
            "terminal": .bool(isTerminal),
        ]
        object["number"] = facts.number.map(JSONValue.string)
        if audience != .rider {
            object["customer"] = .string(facts.customer)
            object["details"] = facts.details.map(JSONValue.object)
        }
        object["provider"] = facts.provider.map(JSONValue.string)
        object["createdAt"] = .string(createdAt.rfc3339)
        object["updatedAt"] = .string(updatedAt.rfc3339)
        object["branch"] = facts.branch?.json
        // Where a customer lives is no rider's business any more.
        if audience != .rider || !isTerminal { object["destination"] = facts.destination?.json }
        object["rider"] = rider?.json(for: audience)
        object["payment"] = paymentState(for: audience)
        object["cancellation"] = cancellation.map { ["reason": .string($0)] }
        object["history"] = .array(entries(for: audience))
        object["steps"] = .array(lifecycle.mainLine.map(step))
        let parties = audience.parties
        object["actions"] = .array(
            lifecycle.transitions(from: status, by: parties).map { ["to": .string($0.name), "label": $0.label.json] })
        object["cancellable"] = .bool(lifecycle.mayCancel(in: status, by: parties) != nil)
        object["tracking"] = tracking(for: audience)
        return object
    }

    /// What lists show: the customer's, without where the rider is.
    package var listedState: JSONValue {
        var object = object(for: .customer)
        object["tracking"] = nil
        return .object(object)
    }

    private func paymentState(for audience: OrderAudience) -> JSONValue? {
        guard let payment else { return nil }
        var object: JSONObject = [:]
        if audience != .rider { object["id"] = .string(payment) }
        object["status"] = paymentStatus.map { .string($0.rawValue) }
        return .object(object)
    }

    /// The beginning, and every step.
    private func entries(for audience: OrderAudience) -> [JSONValue] {
        var entries: [JSONValue] = []
        if history.count < Self.maxHistory {
            entries.append(["status": .string(lifecycle.initial), "at": .string(createdAt.rfc3339)])
        }
        for entry in history {
            var object: JSONObject = [
                "status": .string(entry.step.to), "at": .string(entry.at.rfc3339),
                "by": .string(entry.step.by.rawValue),
            ]
            if audience == .staff { object["subject"] = entry.step.subject.map(JSONValue.string) }
            object["note"] = entry.step.note.map(JSONValue.string)
            entries.append(.object(object))
        }
        return entries
    }

    private func step(_ status: String) -> JSONValue {
        var object: JSONObject = ["status": .string(status)]
        object["label"] = lifecycle.state(status)?.label.json
        let last = history.last { $0.step.to == status }?.at
        let reached = last ?? (status == lifecycle.initial ? createdAt : nil)
        object["at"] = reached.map { .string($0.rfc3339) }
        return .object(object)
    }

    private func tracking(for audience: OrderAudience) -> JSONValue? {
        guard isTracked else { return nil }
        let isHidden = audience == .customer && !showsRider && !hasArrived
        var object: JSONObject = [
            "open": .bool(showsRider), "near": .bool(isNear && !isHidden), "arrived": .bool(hasArrived),
        ]
        // How old it is, is said by the value that follows a snapshot.
        guard trackAudiences.contains(audience), let at = track.current?.at,
            let position = PublishedPosition(track, now: at), var seen = position.data.object
        else { return .object(object) }
        seen["asOf"] = .string(at.rfc3339)
        object["position"] = .object(seen)
        object["track"] = track.lineData
        object["eta"] = arrival?.data
        return .object(object)
    }

    // MARK: Checkpoints

    package func encode() -> [UInt8] {
        var object = facts.object
        object["id"] = .string(id)
        object["createdAt"] = .string(createdAt.rfc3339)
        object["updatedAt"] = .string(updatedAt.rfc3339)
        object["status"] = .string(status)
        object["history"] = .array(history.map(\.json))
        object["cancellation"] = cancellation.map(JSONValue.string)
        object["rider"] = rider?.json
        object["followed"] = payment.map(JSONValue.string)
        object["paymentStatus"] = paymentStatus.map { .string($0.rawValue) }
        object["isNear"] = .bool(isNear)
        object["hasArrived"] = .bool(hasArrived)
        object["arrival"] = arrival?.data
        object["arrivalToldAt"] = arrivalToldAt.map { .string($0.rfc3339) }
        if !track.isEmpty || track.dropped.total > 0 { object["track"] = track.json }
        object["lastOffset"] = .integer(lastOffset)
        return JSONValue.object(object).bytes
    }

    package init?(checkpoint: [UInt8], format: Int16) {
        guard format == Self.checkpointFormat else { return nil }
        do {
            self = try Order(checkpoint: JSONFields(JSONParser.parse(checkpoint)))
        } catch {
            return nil
        }
    }

    private init(checkpoint fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            id: try fields.string("id"), facts: try OrderFacts(fields: fields), createdAt: try fields.time("createdAt"))
        updatedAt = try fields.time("updatedAt")
        status = try fields.string("status")
        guard lifecycle.state(status) != nil else { throw JSONFieldFailure(field: "status") }
        history = try fields.parts("history")
        cancellation = try fields.string(ifPresent: "cancellation")
        rider = try fields.part(ifPresent: "rider")
        payment = try fields.string(ifPresent: "followed")
        if try fields.string(ifPresent: "paymentStatus") != nil { paymentStatus = try fields.choice("paymentStatus") }
        isNear = try fields.flag("isNear")
        hasArrived = try fields.flag("hasArrived")
        arrival = try fields.part(ifPresent: "arrival")
        arrivalToldAt = try fields.time(ifPresent: "arrivalToldAt")
        if let json = fields.value(ifPresent: "track") {
            guard let read = Track(json: json) else { throw JSONFieldFailure(field: "track") }
            track = read
        }
        lastOffset = try fields.integer("lastOffset")
    }
}

extension Order.Entry: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object = step.object
        object["at"] = .string(at.rfc3339)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(step: try OrderStep(fields: fields), at: try fields.time("at"))
    }
}

extension OrderAudience {
    /// As what those who belong to it act.
    fileprivate var parties: Set<OrderParty> {
        switch self {
        case .customer: [.customer]
        case .rider: [.rider]
        case .provider: [.provider]
        case .staff: [.staff, .service]
        }
    }
}

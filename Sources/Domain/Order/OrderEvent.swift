package import JSON
internal import Primitives

/// A step of an order's way: written once, never changed.
package struct OrderStep: Sendable, Equatable {
    package let from: String
    package let to: String
    package let by: OrderParty
    /// Who it was; nil: no person.
    package let subject: String?
    package let note: String?

    package init(from: String, to: String, by: OrderParty, subject: String? = nil, note: String? = nil) {
        self.from = from
        self.to = to
        self.by = by
        self.subject = subject
        self.note = note
    }
}

/// What an order's log holds.
package enum OrderEvent: SessionEvent {
    case statusChanged(OrderStep)
    case riderAssigned(OrderRider)
    /// The rider has come within `Geofence.nearMetres` of the destination.
    case riderNear
    /// The same of `Geofence.arrivedMetres`. Behind it the customer does not see the rider any more.
    case riderArrived
    /// The time of arrival is another than was told before.
    case etaChanged(Arrival)
    case cancelled(reason: String, by: OrderParty)
    /// The payment that is followed, and where it stands; nil: not known yet.
    case paymentChanged(payment: String, status: PaymentStatus?, display: String)

    package var name: String {
        switch self {
        case .statusChanged: "status.changed"
        case .riderAssigned: "rider.assigned"
        case .riderNear: "rider.near"
        case .riderArrived: "rider.arrived"
        case .etaChanged: "eta.changed"
        case .cancelled: "order.cancelled"
        case .paymentChanged: "payment.changed"
        }
    }

    package var data: JSONValue {
        switch self {
        case .statusChanged(let step): return step.json
        case .riderAssigned(let rider): return ["rider": rider.json]
        case .riderNear, .riderArrived: return [:]
        case .etaChanged(let arrival): return arrival.data
        case .cancelled(let reason, let by): return ["reason": .string(reason), "by": .string(by.rawValue)]
        case .paymentChanged(let payment, let status, let display):
            var object: JSONObject = ["payment": .string(payment)]
            object["status"] = status.map { .string($0.rawValue) }
            object["display"] = .string(display)
            return .object(object)
        }
    }

    package init?(name: String, data: JSONValue) {
        do {
            let fields = try JSONFields(data)
            switch name {
            case "status.changed": self = .statusChanged(try OrderStep(fields: fields))
            case "rider.assigned": self = .riderAssigned(try fields.part("rider"))
            case "rider.near": self = .riderNear
            case "rider.arrived": self = .riderArrived
            case "eta.changed":
                self = .etaChanged(try Arrival(fields: fields))
            case "order.cancelled":
                self = .cancelled(reason: try fields.string("reason"), by: try fields.choice("by"))
            case "payment.changed":
                let status: PaymentStatus? =
                    try fields.string(ifPresent: "status") == nil ? nil : try fields.choice("status")
                self = .paymentChanged(
                    payment: try fields.string("payment"), status: status, display: try fields.string("display"))
            default: return nil
            }
        } catch {
            return nil
        }
    }
}

extension OrderStep: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["from": .string(from), "to": .string(to), "by": .string(by.rawValue)]
        object["subject"] = subject.map(JSONValue.string)
        object["note"] = note.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            from: try fields.string("from"), to: try fields.string("to"), by: try fields.choice("by"),
            subject: try fields.string(ifPresent: "subject"), note: try fields.string(ifPresent: "note"))
    }
}

// MARK: As an audience sees it

/// Who sees the same of an order.
package enum OrderAudience: UInt8, SessionAudience {
    /// Whose order it is, and who has a link to it.
    case customer
    case rider
    case provider
    case staff
}

extension OrderEvent {
    /// nil: all of it.
    func data(for audience: OrderAudience) -> JSONValue? {
        guard audience != .staff else { return nil }
        switch self {
        case .statusChanged(let step):
            guard step.subject != nil else { return nil }
            return OrderStep(from: step.from, to: step.to, by: step.by, note: step.note).json
        // Riders read of each other, too: who comes behind, and who was before.
        case .riderAssigned(let rider): return ["rider": rider.json(for: audience == .rider ? .customer : audience)]
        case .paymentChanged(_, let status, let display):
            guard audience == .rider else { return nil }
            var object: JSONObject = [:]
            object["status"] = status.map { .string($0.rawValue) }
            object["display"] = .string(display)
            return .object(object)
        case .riderNear, .riderArrived, .etaChanged, .cancelled: return nil
        }
    }
}

extension OrderRider {
    /// Whose subject it is only staff and the rider read.
    func json(for audience: OrderAudience) -> JSONValue {
        guard audience == .customer || audience == .provider else { return json }
        var object = object
        object["id"] = nil
        return .object(object)
    }
}

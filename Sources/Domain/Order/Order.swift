package import JSON
package import Primitives

/// An order, a parcel or a booking: where it stands and how it came there, who brings it, and where they are. Pure.
///
/// Its statuses are those of its lifecycle. What the log holds is its history; where the rider is comes too often for that and is
/// measured (`Track`): checkpoints keep it.
package struct Order: SessionMachine {
    package typealias Event = OrderEvent
    package typealias Effect = OrderEffect
    package typealias Outcome = OrderOutcome
    package typealias Live = OrderLive
    package typealias Facts = OrderFacts
    package typealias Audience = OrderAudience
    package typealias Measurement = PositionReport

    package static var kind: SessionKind { .order }
    package static var checkpointFormat: Int16 { 1 }

    /// One line of the history.
    package struct Entry: Sendable, Equatable {
        package let step: OrderStep
        package let at: Timestamp
    }

    package let id: String
    package let facts: OrderFacts
    package let createdAt: Timestamp
    package internal(set) var updatedAt: Timestamp
    package internal(set) var status: String
    /// The newest `maxHistory`, oldest first.
    package internal(set) var history: [Entry] = []
    package internal(set) var cancellation: String?
    package internal(set) var rider: OrderRider?
    /// `{id}` of the payment that it follows.
    package internal(set) var payment: String?
    package internal(set) var paymentStatus: PaymentStatus?
    package internal(set) var isNear = false
    package internal(set) var hasArrived = false
    /// What was told last, and when.
    package internal(set) var arrival: Arrival?
    package internal(set) var arrivalToldAt: Timestamp?
    /// Of the rider that is assigned now.
    package internal(set) var track = Track.empty
    package internal(set) var lastOffset: Int64 = 0

    package static let maxHistory = 64
    package static let maxNoteCharacters = 500
    /// Between two `eta.changed`: the log must not grow with each point.
    package static let minETAInterval = Duration.seconds(30)

    package init(id: String, facts: OrderFacts, createdAt: Timestamp) {
        self.id = id
        self.facts = facts
        self.createdAt = createdAt
        updatedAt = createdAt
        status = facts.lifecycle.initial
        payment = facts.payment
    }

    package var lifecycle: Lifecycle { facts.lifecycle }
    package var isTerminal: Bool { lifecycle.state(status)?.isTerminal ?? false }

    /// The status merged with the payment's: what people are shown.
    package var display: (status: String, label: Lifecycle.Label) {
        lifecycle.display(of: status, payment: paymentStatus)
    }

    /// Somebody is on their way: positions are taken.
    package var isTracked: Bool { rider != nil && !isTerminal }

    /// Between the assignment and the arrival.
    package var showsRider: Bool { isTracked && !hasArrived && lifecycle.state(status)?.hidesRider == false }

    /// Who may see where the rider is.
    package var trackAudiences: [OrderAudience] {
        if !isTracked { return [] }
        return showsRider ? OrderAudience.allCases : [.rider, .provider, .staff]
    }

    /// The payment may still change it.
    package var followsPayment: Bool {
        guard payment != nil, !isTerminal else { return false }
        return switch paymentStatus {
        case nil, .pending, .review, .accepted, .rejected, .expired, .cancelled: true
        case .refunded: false
        }
    }

    /// Something waits for an end that only a session that is live hears of.
    package var isUnfinished: Bool {
        guard followsPayment else { return false }
        return switch paymentStatus {
        case nil, .pending, .review: true
        case .accepted, .rejected, .expired, .cancelled, .refunded: false
        }
    }

    // MARK: Applying

    package mutating func apply(_ event: OrderEvent, offset: Int64, at: Timestamp) {
        lastOffset = offset
        updatedAt = at
        switch event {
        case .statusChanged(let step):
            status = step.to
            history.append(Entry(step: step, at: at))
            if history.count > Self.maxHistory { history.removeFirst() }
            // The track closes in the same step.
            if isTerminal { closeTrack() }
        case .riderAssigned(let rider):
            if self.rider?.id != rider.id { closeTrack() }
            self.rider = rider
        case .riderNear: isNear = true
        case .riderArrived:
            isNear = true
            hasArrived = true
        case .etaChanged(let arrival):
            self.arrival = arrival
            arrivalToldAt = at
        case .cancelled(let reason, _): cancellation = reason
        case .paymentChanged(let payment, let status, _):
            self.payment = payment
            paymentStatus = status
        }
    }

    package mutating func apply(_ report: PositionReport) {
        guard isTracked else { return }
        _ = track.add(report)
    }

    private mutating func closeTrack() {
        track = .empty
        isNear = false
        hasArrived = false
        arrival = nil
        arrivalToldAt = nil
    }

    package static func changesAudiences(_ event: OrderEvent) -> Bool {
        if case .riderAssigned = event { true } else { false }
    }

    package static func data(of event: OrderEvent, for audience: OrderAudience) -> JSONValue? {
        event.data(for: audience)
    }
}

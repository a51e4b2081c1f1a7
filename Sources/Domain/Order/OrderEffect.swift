/// What an order does outside.
package enum OrderEffect: Sendable, Equatable {
    /// Tell me of this payment, now and whenever it changes, until told otherwise.
    case follow(payment: String)
    case stopFollowing
    /// The rider is here. Only this is prepared before a write: a position is seen at once.
    case show(OrderSight)
    /// Nothing is to be seen any more.
    case hide
}

/// What is to be seen of the rider.
package struct OrderSight: Sendable, Equatable {
    /// nil: nothing was reported yet.
    package let position: PublishedPosition?
    package let arrival: Arrival?
    package let audiences: [OrderAudience]
    /// Metres that are left; for the pace.
    package let distance: Double?

    package init(
        position: PublishedPosition?, arrival: Arrival?, audiences: [OrderAudience], distance: Double?
    ) {
        self.position = position
        self.arrival = arrival
        self.audiences = audiences
        self.distance = distance
    }

    /// When nothing came since: what was estimated from it does not hold any more.
    package var aged: OrderSight {
        OrderSight(position: position?.aged, arrival: nil, audiences: audiences, distance: distance)
    }
}

/// What came of it.
package enum OrderOutcome: Sendable, Equatable {
    /// The session was loaded: what it needs is to be set up.
    case resumed
    case paymentSeen(payment: String, PaymentStatus)
}

/// What an order's decisions may know of what runs.
package struct OrderLive: Sendable, Equatable {
    /// Seconds from one report of the rider to the next.
    package let pace: Int

    package init(pace: Int) { self.pace = pace }
}

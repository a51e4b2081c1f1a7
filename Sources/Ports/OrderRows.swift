package import Primitives

/// An order as people query it (`tbl_order`).
package struct OrderRow: Sendable, Equatable {
    /// The `{id}` of `order/{id}`.
    package let id: String
    package let customer: String
    package let provider: String?
    /// The rider's subject, while one is assigned.
    package let rider: String?
    package let lifecycle: String
    package let status: String
    /// The status merged with the payment's.
    package let displayStatus: String
    package let payment: String?
    /// The platform's id of the branch.
    package let branch: String?
    /// The JSON of the snapshot's state as its customer sees it at `offset`.
    package let state: [UInt8]
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    /// Of the event that left the order like this; 0 before the first.
    package let offset: Int64

    package init(
        id: String, customer: String, provider: String?, rider: String?, lifecycle: String, status: String,
        displayStatus: String, payment: String?, branch: String?, state: [UInt8], createdAt: Timestamp,
        updatedAt: Timestamp, offset: Int64
    ) {
        self.id = id
        self.customer = customer
        self.provider = provider
        self.rider = rider
        self.lifecycle = lifecycle
        self.status = status
        self.displayStatus = displayStatus
        self.payment = payment
        self.branch = branch
        self.state = state
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.offset = offset
    }
}

package struct OrderQuery: Sendable, Equatable {
    package enum Subject: Sendable, Equatable {
        case customer(String)
        case provider(String)
        case payment(String)
        /// At most `maxHistory` of them are looked up; those that are no orders are left out.
        case ids([String])
    }

    package var subject: Subject
    /// nil: all.
    package var status: String?
    /// From 1.
    package var page: Int
    /// 1…`maxHistory`.
    package var size: Int

    /// A subject's history ends here: what is older is not listed.
    package static let maxHistory = 100

    package init(_ subject: Subject, status: String? = nil, page: Int = 1, size: Int = OrderQuery.maxHistory) {
        self.subject = subject
        self.status = status
        self.page = page
        self.size = size
    }
}

package struct OrderPage: Sendable, Equatable {
    /// Newest first.
    package let items: [OrderRow]
    /// In the history of at most `OrderQuery.maxHistory`, with the asked status.
    package let total: Int

    package init(items: [OrderRow], total: Int) {
        self.items = items
        self.total = total
    }
}

/// What the journal projects of orders. One instance a loop; confined to it; every completion runs once, on it, in a later turn.
package protocol OrderDirectory: AnyObject, Sendable {
    /// Of the tenant's orders those that are asked for, newest first.
    func orders(
        _ query: OrderQuery, tenant: String,
        _ completion: @escaping @Sendable (Result<OrderPage, StoreFailure>) -> Void)
}

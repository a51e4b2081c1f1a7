package import Primitives

/// A payment as people query it (`tbl_transaction`).
package struct PaymentRow: Sendable, Equatable {
    package let payer: String
    /// payment or deposit.
    package let purpose: String
    /// qr, balance or card.
    package let method: String
    package let amount: Money
    /// pending, accepted, rejected, expired, cancelled, review or refunded.
    package let status: String
    /// Why it is rejected or in review.
    package let reason: String?
    package let refunded: Money
    /// held, released or refunded; nil: no escrow, or not paid yet.
    package let escrow: String?
    package let order: String?
    /// What made it accepted: `slip`, `balance`, `2c2p` …
    package let way: String?
    /// The provider's number of the charge.
    package let charge: String?
    /// Of the slip that paid it.
    package let transRef: String?
    package let transferredAt: Timestamp?
    package let expiresAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package init(
        payer: String, purpose: String, method: String, amount: Money, status: String, reason: String?, refunded: Money,
        escrow: String?, order: String?, way: String?, charge: String?, transRef: String?, transferredAt: Timestamp?,
        expiresAt: Timestamp?, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.payer = payer
        self.purpose = purpose
        self.method = method
        self.amount = amount
        self.status = status
        self.reason = reason
        self.refunded = refunded
        self.escrow = escrow
        self.order = order
        self.way = way
        self.charge = charge
        self.transRef = transRef
        self.transferredAt = transferredAt
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

package struct PaymentSummary: Sendable, Equatable {
    /// The `{id}` of `payment/{id}`.
    package let id: String
    package let row: PaymentRow

    package init(id: String, row: PaymentRow) {
        self.id = id
        self.row = row
    }
}

package struct PaymentQuery: Sendable, Equatable {
    package var tenant: String
    package var payer: String
    /// nil: all.
    package var status: String?
    /// From 1.
    package var page: Int
    /// 1…50.
    package var size: Int

    /// A person's history ends here, as the document has it: what is older is not listed.
    package static let maxHistory = 50

    package init(tenant: String, payer: String, status: String? = nil, page: Int = 1, size: Int = 20) {
        self.tenant = tenant
        self.payer = payer
        self.status = status
        self.page = page
        self.size = size
    }
}

package struct PaymentPage: Sendable, Equatable {
    /// Newest first.
    package let items: [PaymentSummary]
    /// In the history of at most `PaymentQuery.maxHistory`, with the asked status.
    package let total: Int

    package init(items: [PaymentSummary], total: Int) {
        self.items = items
        self.total = total
    }
}

/// What the journal projects of payments, and the ledger's balances. One instance a loop; confined to it; every completion runs once,
/// on it, in a later turn.
package protocol PaymentStore: AnyObject, Sendable {
    /// What is in the subject's wallet now; zero for one that was never used. A hint: the transaction of a posting has the last word.
    func balance(
        tenant: String, subject: String, _ currency: Currency,
        _ completion: @escaping @Sendable (Result<Money, StoreFailure>) -> Void)

    /// A person's payments, newest first.
    func payments(
        _ query: PaymentQuery, _ completion: @escaping @Sendable (Result<PaymentPage, StoreFailure>) -> Void)

    /// A tenant's payments of one order, or of any id that the platform gave; newest first, at most 50.
    func payments(
        tenant: String, order: String,
        _ completion: @escaping @Sendable (Result<[PaymentSummary], StoreFailure>) -> Void)
}

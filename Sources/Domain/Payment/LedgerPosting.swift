package import Primitives

/// An account of a tenant's ledger. Each currency has its own balance.
package enum LedgerAccount: Hashable, Sendable {
    /// What the tenant owes a person: it is never below zero.
    case wallet(subject: String)
    /// Money that came in from outside, or went out again, by this way (`slip`, `2c2p`, `omise`, `paymongo`).
    case clearing(way: String)
    /// What the tenant has earned.
    case sales
    /// Held for a payment until it is released or given back.
    case escrow(payment: String)
    /// Came for a payment that could not take it: a person decides.
    case unsettled(payment: String)
    /// Released to a provider of services, and not yet paid out.
    case payable(subject: String)

    /// `wallet:u_1`, `clearing:slip`, `sales`, `escrow:981`, `payable:u_2`: as the tables have it.
    package var text: String {
        switch self {
        case .wallet(let subject): "wallet:\(subject)"
        case .clearing(let way): "clearing:\(way)"
        case .sales: "sales"
        case .escrow(let payment): "escrow:\(payment)"
        case .unsettled(let payment): "unsettled:\(payment)"
        case .payable(let subject): "payable:\(subject)"
        }
    }
}

/// One entry of the double-entry ledger: an amount moves from one account to another. It is written in the transaction of the event
/// that says why, and never changed.
package struct LedgerPosting: Sendable, Equatable {
    /// Unique in the tenant: the payment and the offset of the event that says why (`981/7`).
    package let id: String
    package let from: LedgerAccount
    package let to: LedgerAccount
    /// More than zero.
    package let amount: Money

    package init(id: String, from: LedgerAccount, to: LedgerAccount, amount: Money) {
        self.id = id
        self.from = from
        self.to = to
        self.amount = amount
    }
}

package import JSON

/// A way to pay, as the platform's table of them has it (`tbl_transaction_method`).
package struct TransactionMethod: Sendable, Equatable {
    package let id: Int64
    package let code: String
    package let name: String
    /// `qr` or `balance`, as the table writes it.
    package let method: PaymentMethod

    /// By id.
    package static let all = [
        TransactionMethod(id: 1, code: "QR_SLIP_VERIFY", name: "PromptPay QR with slip", method: .qr),
        TransactionMethod(id: 2, code: "USER_BALANCE", name: "Wallet balance", method: .balance),
    ]

    /// nil: there is none with that id, or it does not serve that purpose: a wallet is not filled from itself.
    package static func method(_ id: Int64, for purpose: PaymentPurpose) -> TransactionMethod? {
        all.first { $0.id == id && !($0.method == .balance && purpose == .deposit) }
    }

    /// The id of the row for payments that were not made with one; nil for methods that are not in the table.
    package static func id(of method: PaymentMethod) -> Int64? { all.first { $0.method == method }?.id }

    package var json: JSONValue {
        [
            "id": .integer(id), "code": .string(code), "name": .string(name), "type": .string(method.rawValue),
            "details": .null,
        ]
    }
}

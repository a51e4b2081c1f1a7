internal import JSON
internal import Primitives

/// An order to a back end to credit a user for a transfer.
struct CreditRequest: Equatable, Sendable {
    let userID: String
    let toAccountID: String
    let amount: Satang
    let bank: String
    let transRef: String
    /// For the back end's own records, as `transaction`: the same order with others is the same order.
    let transferredAt: String?
    let transaction: String?

    static func == (left: Self, right: Self) -> Bool {
        left.userID == right.userID && left.toAccountID == right.toAccountID && left.amount == right.amount
            && left.bank == right.bank && left.transRef == right.transRef
    }

    /// Throws what is wrong with it.
    init(_ json: JSONValue) throws(BehaviourError) {
        func text(_ name: String) throws(BehaviourError) -> String {
            guard let text = json[name]?.string, !text.isEmpty else { throw BehaviourError("\(name) is missing") }
            return text
        }
        userID = try text("userId")
        toAccountID = try text("toAccountId")
        guard let amount = Satang(decimal: try text("amount")), amount > .zero else {
            throw BehaviourError("amount is baht with two decimals, more than nothing")
        }
        self.amount = amount
        guard try text("currency") == "THB" else { throw BehaviourError("currency is THB") }
        bank = try text("bank")
        transRef = try text("transRef")
        transferredAt = json["transferredAt"]?.string
        transaction = json["transaction"]?.string
    }
}

/// What a back end has credited. Exact: one credit a key, one credit a transfer, and nothing is ever forgotten.
struct CreditLedger {
    /// Credits of one tenant. Forgetting one would let its transfer be credited again, so further ones are refused.
    static let maxCredits = 200_000

    struct Credit: Equatable {
        let id: String
        let key: String
        let request: CreditRequest
        let at: Timestamp
    }

    enum Outcome: Equatable {
        case credited(Credit)
        /// The same key with the same order: the first answer again.
        case repeated(Credit)
        /// The key belongs to another order.
        case keyReused
        /// Another key has credited this transfer.
        case conflict(Credit)
        case full
    }

    private struct Transfer: Hashable {
        let bank: String
        let transRef: String
    }

    private(set) var credits: [Credit] = []
    private var byKey: [String: Int] = [:]
    private var byTransfer: [Transfer: Int] = [:]
    /// How often a transfer that had a credit was to be credited with another key.
    private(set) var conflicts = 0

    subscript(key: String) -> Credit? { byKey[key].map { credits[$0] } }

    mutating func post(_ request: CreditRequest, key: String, at now: Timestamp) -> Outcome {
        if let earlier = self[key] { return earlier.request == request ? .repeated(earlier) : .keyReused }
        let transfer = Transfer(bank: request.bank, transRef: request.transRef)
        if let index = byTransfer[transfer] {
            conflicts += 1
            return .conflict(credits[index])
        }
        guard credits.count < Self.maxCredits else { return .full }
        let credit = Credit(id: "CR\(credits.count + 1)", key: key, request: request, at: now)
        byKey[key] = credits.count
        byTransfer[transfer] = credits.count
        credits.append(credit)
        return .credited(credit)
    }

    var json: JSONValue {
        [
            "credits": .array(
                credits.map {
                    [
                        "id": .string($0.id), "key": .string($0.key), "bank": .string($0.request.bank),
                        "transRef": .string($0.request.transRef), "amount": .string($0.request.amount.decimal),
                        "userId": .string($0.request.userID), "toAccountId": .string($0.request.toAccountID),
                        "transaction": JSONValue($0.request.transaction), "at": .string($0.at.rfc3339),
                    ]
                }),
            "sum": .string(credits.reduce(Satang.zero) { $0.adding($1.request.amount) }.decimal),
            "conflicts": .integer(Int64(conflicts)),
        ]
    }
}

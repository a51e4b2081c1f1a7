package import JSON
package import Primitives

/// What a page shows of a transaction; the order's part comes with orders.
package enum TransactionDisplayStatus: String, Sendable, CaseIterable {
    case pending = "PENDING"
    /// A slip is being looked at.
    case checking = "CHECKING"
    case accepted = "ACCEPTED"
    case rejected = "REJECTED"
    case expired = "EXPIRED"
    case cancelled = "CANCELLED"
    case review = "REVIEW"
    case refunded = "REFUNDED"

    package init(_ status: PaymentStatus, isChecking: Bool = false) {
        self =
            switch status {
            case .pending: isChecking ? .checking : .pending
            case .accepted: .accepted
            case .rejected: .rejected
            case .expired: .expired
            case .cancelled: .cancelled
            case .review: .review
            case .refunded: .refunded
            }
    }
}

/// A payment as the platform's pages read it (`tbl_transaction`): numbers are numbers, amounts are exact, times are Bangkok's.
package struct TransactionRow: Sendable, Equatable {
    /// What the document's column holds; a page tells more from the display status.
    package enum Status: String, Sendable, CaseIterable { case pending, accepted, rejected }

    /// What the platform gave with the transaction.
    package struct Platform: Sendable, Equatable {
        package var companyID: Int64?
        package var branchID: Int64?
        package var methodID: Int64?
        package var expiresInSeconds: Int64?

        package init(
            companyID: Int64? = nil, branchID: Int64? = nil, methodID: Int64? = nil, expiresInSeconds: Int64? = nil
        ) {
            self.companyID = companyID
            self.branchID = branchID
            self.methodID = methodID
            self.expiresInSeconds = expiresInSeconds
        }

        package init(json: JSONValue?) {
            self.init(
                companyID: json?["companyId"]?.integer, branchID: json?["branchId"]?.integer,
                methodID: json?["methodId"]?.integer, expiresInSeconds: json?["expiresInSec"]?.integer)
        }

        package var object: JSONObject {
            var object = JSONObject()
            object["companyId"] = companyID.map(JSONValue.integer)
            object["branchId"] = branchID.map(JSONValue.integer)
            object["methodId"] = methodID.map(JSONValue.integer)
            object["expiresInSec"] = expiresInSeconds.map(JSONValue.integer)
            return object
        }
    }

    package let id: String
    package let payer: String
    package let purpose: String
    package let method: PaymentMethod?
    package let amount: Money
    package let refunded: Money
    package let paymentStatus: PaymentStatus
    package let isChecking: Bool
    package let expiresAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let transRef: String?
    package let transferredAt: Timestamp?
    package let platform: Platform

    package init(
        id: String, payer: String, purpose: String, method: PaymentMethod?, amount: Money, refunded: Money,
        paymentStatus: PaymentStatus, isChecking: Bool, expiresAt: Timestamp?, createdAt: Timestamp,
        updatedAt: Timestamp, transRef: String?, transferredAt: Timestamp?, platform: Platform
    ) {
        self.id = id
        self.payer = payer
        self.purpose = purpose
        self.method = method
        self.amount = amount
        self.refunded = refunded
        self.paymentStatus = paymentStatus
        self.isChecking = isChecking
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.transRef = transRef
        self.transferredAt = transferredAt
        self.platform = platform
    }

    package init(_ payment: Payment) {
        let facts = payment.facts
        var proof: SlipProof?
        if case .slip(_, let shown)? = payment.acceptance { proof = shown }
        self.init(
            id: payment.id, payer: facts.payer, purpose: facts.purpose.rawValue, method: facts.method,
            amount: facts.amount, refunded: payment.refunded, paymentStatus: payment.status,
            isChecking: payment.slip != nil, expiresAt: payment.expiresAt, createdAt: payment.createdAt,
            updatedAt: payment.changedAt, transRef: proof?.reference.transRef, transferredAt: proof?.transferredAt,
            platform: Platform(json: facts.platform.map(JSONValue.object)))
    }

    /// In the three words of the column. What was paid stays accepted when it goes back: that is the reversal's to say.
    package var status: Status {
        switch paymentStatus {
        case .pending, .review: .pending
        case .accepted, .refunded: .accepted
        case .rejected, .expired, .cancelled: .rejected
        }
    }

    package var displayStatus: TransactionDisplayStatus {
        TransactionDisplayStatus(paymentStatus, isChecking: isChecking)
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", Self.number(id))
        writer.member("company_id", JSONValue(platform.companyID))
        writer.member("branch_id", JSONValue(platform.branchID))
        writer.member("user_id", Self.number(payer))
        writer.member("txn_type", .string(purpose))
        writer.member(
            "txn_method_id", JSONValue(platform.methodID ?? method.flatMap(TransactionMethod.id(of:))))
        writer.member("reversal", .bool(refunded == amount))
        writer.name("amount")
        writer.raw(amount.number.utf8)
        writer.name("adjust_amount")
        writer.raw((refunded.isZero ? "0" : "-" + refunded.number).utf8)
        writer.member("status", .string(status.rawValue))
        writer.member("expired_at", method == .balance ? .null : JSONValue(expiresAt?.rfc3339))
        writer.member("created_at", .string(createdAt.rfc3339))
        writer.member("updated_at", .string(updatedAt.rfc3339))
        writer.member("trans_ref", JSONValue(transRef))
        writer.member("trans_date", JSONValue(transDate))
        writer.member("trans_timestamp", JSONValue(transferredAt?.rfc3339))
        writer.endObject()
    }

    /// The day of the transfer in Bangkok: `2026-11-21`.
    package var transDate: String? { transferredAt.map { String($0.rfc3339.prefix(10)) } }

    /// Ids are numbers where they read as one and nothing is lost.
    package static func number(_ id: String) -> JSONValue {
        guard let number = Int64(id), String(number) == id else { return .string(id) }
        return .integer(number)
    }
}

extension Money {
    /// As a number of JSON without needless decimals: `345`, `345.50`.
    package var number: String { hundredths % 100 == 0 ? String(hundredths / 100) : decimal }
}

/// A page of a person's history, which holds what `PaymentQuery.maxHistory` leaves of it, newest first.
package struct TransactionPage: Sendable, Equatable {
    package let rows: [TransactionRow]
    package let page: Int
    package let size: Int
    /// In the history, with the asked status.
    package let total: Int

    /// - Parameter page: from 1; one behind the last is empty.
    package init(of history: [TransactionRow], status: TransactionRow.Status?, page: Int, size: Int) {
        let found = history.filter { status == nil || $0.status == status }
        let (skipped, overflow) = (max(page, 1) - 1).multipliedReportingOverflow(by: max(size, 1))
        rows = overflow ? [] : Array(found.dropFirst(skipped).prefix(max(size, 1)))
        self.page = page
        self.size = size
        total = found.count
    }
}

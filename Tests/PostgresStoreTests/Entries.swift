import Domain
import Ports
import Primitives
import Testing

/// Entries for tests.
enum Entries {
    static let start = Timestamp(seconds: 1_795_000_000)

    static func address(_ id: String, tenant: String = "jeco") -> SessionAddress {
        SessionAddress(tenant: tenant, kind: .conversation, id: id)
    }

    static func record(_ offset: Int64, _ text: String = "hello") -> LogRecord {
        LogRecord(
            offset: offset, name: "message.created", at: start.advanced(by: .seconds(offset)),
            data: Array("{\"text\":\"\(text)\"}".utf8))
    }

    static func entry(
        _ address: SessionAddress, _ stream: StreamIdentity, offsets: ClosedRange<Int64>? = nil, creates: Bool = false,
        text: String = "hello", key: String? = nil, changes: [StoredChange] = []
    ) -> JournalEntry {
        let records = offsets.map { $0.map { record($0, text) } } ?? []
        let answer = key.map {
            StoredAnswer(
                key: $0, fingerprint: [1, 2, 3], offset: offsets?.upperBound ?? 0, body: Array("{\"k\":1}".utf8))
        }
        return JournalEntry(
            address: address, stream: stream, createsStream: creates, records: records, answer: answer, changes: changes
        )
    }

    static func conversation(
        owner: String, participants: [String] = [], title: String? = nil, isArchived: Bool = false,
        lastMessageAt: Timestamp? = nil, preview: String? = nil, messages: Int64 = 0
    ) -> ConversationRow {
        ConversationRow(
            owner: owner, participants: participants, title: title, isArchived: isArchived, createdAt: start,
            lastMessageAt: lastMessageAt, preview: preview, messageCount: messages)
    }

    /// Names one slip.
    struct Slip: Sendable {
        var tenant = "company_a"
        var oa = "oa-1"
        let transaction: String

        init(_ transaction: String, oa: String = "oa-1", tenant: String = "company_a") {
            self.tenant = tenant
            self.oa = oa
            self.transaction = transaction
        }

        var name: String { "\(oa)/\(transaction)" }
        var address: SessionAddress { SessionAddress(tenant: tenant, kind: .lineAccount, id: oa) }

        func row(
            _ status: String, _ reference: SlipReference? = nil, reason: String? = nil, satang: Int64? = nil,
            slip: String? = nil,
            user: String? = nil, createdAt: Timestamp = start, creditedAt: Timestamp? = nil
        ) -> SlipRow {
            SlipRow(
                transaction: transaction, status: status, reason: reason, bank: reference?.bank.text,
                transRef: reference?.transRef, satang: satang, slip: slip.map { Array($0.utf8) },
                user: user.map { Array($0.utf8) },
                senderAccount: nil, senderBank: nil, receiverAccount: nil, createdAt: createdAt, creditedAt: creditedAt)
        }
    }

    /// The session of a payment.
    static func payment(_ id: String, tenant: String = "company_a") -> SessionAddress {
        SessionAddress(tenant: tenant, kind: .payment, id: id)
    }

    /// A payment's row, `minute` minutes after the first.
    static func row(
        payer: String, amount: Int64, status: String = "pending", order: String? = nil, minute: Int64 = 0
    ) throws -> StoredChange {
        let at = start.advanced(by: .seconds(minute * 60))
        return .payment(
            PaymentRow(
                payer: payer, purpose: "payment", method: "qr", amount: try #require(Money(hundredths: amount, .baht)),
                status: status, reason: nil, refunded: try #require(Money(hundredths: 0, .baht)), escrow: nil,
                order: order,
                way: nil, charge: nil, transRef: nil, transferredAt: nil, expiresAt: nil, createdAt: at, updatedAt: at))
    }

    /// The session of an order.
    static func order(_ id: String, tenant: String = "company_a") -> SessionAddress {
        SessionAddress(tenant: tenant, kind: .order, id: id)
    }

    /// An order's row, `minute` minutes after the first.
    static func order(
        _ id: String, customer: String, provider: String? = nil, status: String = "PENDING", payment: String? = nil,
        details: String = #"{"status":"PENDING"}"#, minute: Int64 = 0
    ) -> OrderRow {
        let at = start.advanced(by: .seconds(minute * 60))
        return OrderRow(
            id: id, customer: customer, provider: provider, rider: nil, lifecycle: "baanfoodie", status: status,
            displayStatus: status, payment: payment, branch: nil, state: Array(details.utf8), createdAt: at,
            updatedAt: at,
            offset: 0)
    }

    static func posting(
        _ id: String, _ hundredths: Int64, from: LedgerAccount, to: LedgerAccount, _ currency: Currency = .baht
    ) throws -> StoredChange {
        let amount = try #require(Money(hundredths: hundredths, currency))
        return .posting(LedgerPosting(id: id, from: from, to: to, amount: amount))
    }

    static func letter(
        _ stream: StreamIdentity, _ offset: Int64, _ index: Int32 = 0, to target: SessionAddress,
        _ text: String = "hello"
    ) -> LetterRow {
        LetterRow(
            place: LetterPlace(stream: stream.id, offset: offset, index: index), target: target,
            command: "notification.create", data: Array("{\"title\":\"\(text)\"}".utf8), createdAt: start)
    }

    static func message(_ offset: Int64, _ text: String) -> MessageRow {
        MessageRow(
            id: "m_\(offset)", offset: offset, role: "user", author: "u_1", text: text,
            at: start.advanced(by: .seconds(offset)))
    }
}

import Domain
import Ports
import Primitives
import TestSupport
import Testing

@testable import PostgresStore

@Suite("Slips as people query them", .serialized, .timeLimit(.minutes(5)))
struct SlipProjectionTests {
    private let store: StoreFixture
    private let slip = Entries.Slip("t_1")
    private let reference: SlipReference

    init() throws {
        store = try StoreFixture.ready()
        let bank = try #require(BankCode("014"))
        reference = try #require(SlipReference(bank: bank, transRef: "2026112112345678"))
    }

    /// One value of the projection, as text.
    private func value(_ expression: String, of slip: Entries.Slip) throws -> String? {
        try store.inspector().query(
            """
            SELECT (\(expression))::text FROM pending_transactions
            WHERE tenant_id = '\(slip.tenant)' AND oa = '\(slip.oa)' AND transaction = '\(slip.transaction)'
            """
        ).optionalText(0, 0)
    }

    @Test("a slip's row is inserted and replaced, with all that it has")
    func upsert() throws {
        try store.write(slip, .slip(slip.row("pending_verification")))
        for column in ["slip_data", "slip_ref", "slip_bank", "user_data", "amount", "credited_at"] {
            #expect(try value(column, of: slip) == nil, "\(column)")
        }
        let credited = SlipRow(
            transaction: "t_1", status: "credited", bank: "014", transRef: reference.transRef, satang: 50_025,
            slip: Array(#"{"ref":"ก"}"#.utf8), user: Array(#"{"memberCode":"M1"}"#.utf8), senderAccount: "xxx-1",
            senderBank: "SCB", receiverAccount: "1234567890", createdAt: Entries.start,
            creditedAt: Entries.start.advanced(by: .seconds(9)))
        try store.write(slip, .slip(credited))
        #expect(try store.count("SELECT count(*) FROM pending_transactions") == 1)
        let expected = [
            "status": "credited", "slip_bank": "014", "slip_ref": reference.transRef, "amount": "500.25",
            "slip_data::jsonb->>'ref'": "ก", "user_data::jsonb->>'memberCode'": "M1", "sender_account": "xxx-1",
            "sender_bank": "SCB", "receiver_account": "1234567890", "credited_at - created_at": "00:00:09",
        ]
        for (expression, text) in expected { #expect(try value(expression, of: slip) == text, "\(expression)") }
    }

    @Test("of one flush the last row of each slip counts")
    func fold() throws {
        let other = Entries.Slip("t_2")
        let stream = try store.identity(of: slip.address)
        func change(_ changes: StoredChange...) -> JournalEntry {
            Entries.entry(slip.address, stream, changes: changes)
        }
        #expect(
            try store.append([
                Entries.entry(slip.address, stream, offsets: 1...1, creates: true),
                change(.slip(slip.row("pending")), .slip(other.row("pending"))), change(.slip(slip.row("matched"))),
                change(.slip(slip.row("credited", satang: 1))),
            ]).allSatisfy { $0 == nil })
        #expect(store.observations.flushes == 1)
        #expect(try value("status", of: slip) == "credited" && value("amount", of: slip) == "0.01")
        #expect(try value("status", of: other) == "pending")
    }

    @Test("slips of different accounts and tenants are different rows under one name")
    func apart() throws {
        let slips = [slip, Entries.Slip("t_1", oa: "oa-2"), Entries.Slip("t_1", tenant: "company_b")]
        for (index, slip) in slips.enumerated() {
            try store.write(slip, .slip(slip.row("pending", satang: Int64(index))))
        }
        #expect(try store.count("SELECT count(*) FROM pending_transactions") == 3)
        #expect(try value("amount", of: slips[2]) == "0.02")
    }

    @Test("nothing of a slip's content makes the journal fail")
    func anything() throws {
        let twin = Entries.Slip("t_2")
        try store.write(slip, .slip(slip.row("credited", reference)), .slip(twin.row("duplicate", reference)))
        let long = SlipRow(
            transaction: "t_3", status: "a status of tomorrow", bank: String(repeating: "b", count: 10_000),
            transRef: String((0..<20_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 33...126))) }),
            satang: .max, slip: [0xFF, 0x00, 0x7B], user: Array(#"{"a":"\u0000"}"#.utf8), senderAccount: "a\0b",
            senderBank: "", receiverAccount: nil, createdAt: Timestamp(microseconds: .min),
            creditedAt: Timestamp(microseconds: .max))
        try store.write(slip, .slip(long))
        #expect(try value("amount", of: Entries.Slip("t_3")) == "92233720368547758.07")
        #expect(try value("sender_account", of: Entries.Slip("t_3")) == "a\u{FFFD}b")
        let least = Entries.Slip("t_4")
        try store.write(slip, .slip(least.row("failed", satang: .min)))
        #expect(try value("amount", of: least) == "-92233720368547758.08")
        #expect(try store.count("SELECT count(*) FROM pending_transactions") == 4)
    }

    @Test("unfinished work and open replies are taken up together, each session once")
    func unfinished() throws {
        let slips = (1...4).map { Entries.Slip("t", oa: "oa-\($0)") }
        let reply = StoredChange.openReply(OpenReplyRow(reply: "r", text: ""))
        try store.write(slips[0], .unfinished(true))
        try store.write(slips[1], reply)
        try store.write(slips[2], reply, .unfinished(true))
        try store.write(slips[3], .unfinished(true), .unfinished(false))
        #expect(try store.unfinishedSessions().get() == slips.prefix(3).map(\.address))
        #expect(try store.unfinishedSessions(limit: 2).get().count == 2)
        // Said again, it is not two.
        try store.write(slips[0], .unfinished(true))
        try store.write(slips[3], .unfinished(false), .unfinished(true))
        try store.write(slips[2], .unfinished(false))
        #expect(try store.unfinishedSessions().get() == slips.map(\.address))
        try store.write(slips[2], .closeReply(reply: "r"))
        for slip in [slips[0], slips[3]] { try store.write(slip, .unfinished(false)) }
        #expect(try store.unfinishedSessions().get() == [slips[1].address])
        #expect(try store.count("SELECT count(*) FROM unfinished_session") == 0)
    }
}

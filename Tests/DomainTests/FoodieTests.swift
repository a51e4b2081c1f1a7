import JSON
import Primitives
import Testing

@testable import Domain

@Suite("BaanFoodie's rules")
struct FoodieTests {
    /// 2026-11-21 is a Saturday.
    private func time(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: "2026-11-" + text + ":00+07:00"))
    }

    private func hours(_ text: String) throws -> OpenHours {
        try #require(OpenHours(json: try JSONParser.parse(Array(text.utf8))))
    }

    // MARK: Hours

    @Test(
        "A branch is open in its spans by Bangkok's clock, their ends left out",
        arguments: [
            ("20T09:00", true), ("20T08:59", false), ("20T11:59", true), ("20T12:00", false), ("20T13:00", true),
            ("20T19:59", true), ("20T20:00", false), ("21T10:00", false), ("27T10:00", true),
        ])
    func spans(at: String, isOpen: Bool) throws {
        let hours = try hours(#"{"fri":[["09:00","12:00"],["13:00","20:00"]]}"#)
        #expect(hours.isOpen(at: try time(at)) == isOpen)
    }

    @Test(
        "A span that ends before it begins goes on past midnight, Sunday's into Monday",
        arguments: [
            ("21T17:59", false), ("21T18:00", true), ("21T23:59", true), ("22T00:00", true), ("22T01:59", true),
            ("22T02:00", false), ("21T01:00", false), ("22T22:30", true), ("23T00:59", true), ("23T01:00", false),
        ])
    func midnight(at: String, isOpen: Bool) throws {
        let hours = try hours(#"{"sat":[["18:00","02:00"]],"sun":[["22:00","01:00"]]}"#)
        #expect(hours.isOpen(at: try time(at)) == isOpen)
    }

    @Test("24:00 ends a day, a span from a time to the same goes round the clock, and the clock is not the UTC one")
    func edges() throws {
        #expect(try hours(#"{"sat":[["00:00","24:00"]]}"#).isOpen(at: try time("21T23:59")))
        #expect(!(try hours(#"{"sat":[["00:00","24:00"]]}"#).isOpen(at: try time("22T00:00"))))
        let round = try hours(#"{"sat":[["06:00","06:00"]]}"#)
        #expect(try round.isOpen(at: time("22T05:59")) && !round.isOpen(at: time("22T06:00")))
        #expect(!round.isOpen(at: try time("21T05:59")))
        // 23:30 on Friday in UTC.
        let saturday = try hours(#"{"sat":[["06:00","07:00"]]}"#)
        #expect(saturday.isOpen(at: try #require(Timestamp(rfc3339: "2026-11-20T23:30:00Z"))))
        // A Wednesday, before 1970.
        #expect(try hours(#"{"wed":[["00:00","24:00"]]}"#).isOpen(at: Timestamp(seconds: -86_400)))
        #expect(!(try hours("{}").isOpen(at: try time("21T12:00"))))
    }

    @Test(
        "What is no table of hours is none",
        arguments: [
            "[]", #"{"monday":[]}"#, #"{"mon":[["9:00","20:00"]]}"#, #"{"mon":[["09:00"]]}"#,
            #"{"mon":[["09:60","20:00"]]}"#, #"{"mon":[["24:00","20:00"]]}"#, #"{"mon":[["09:00","24:01"]]}"#,
            #"{"mon":[[9,20]]}"#, #"{"mon":{}}"#,
            #"{"mon":[["0x:00","20:00"]]}"#,
        ])
    func unreadable(text: String) throws {
        #expect(OpenHours(json: try JSONParser.parse(Array(text.utf8))) == nil)
    }

    @Test("A day has a bounded number of spans")
    func bound() {
        let span: JSONValue = ["09:00", "10:00"]
        func hours(_ count: Int) -> JSONValue { ["mon": .array(Array(repeating: span, count: count))] }
        #expect(OpenHours(json: hours(OpenHours.maxSpans)) != nil)
        #expect(OpenHours(json: hours(OpenHours.maxSpans + 1)) == nil)
    }

    // MARK: Branches and carts

    private static let branch: JSONValue = [
        "company_id": 3, "name": "สาขาสยาม", "open_hours": ["sat": [["09:00", "20:00"]]], "payment_id": "0812345678",
        "payment_name": "ร้านข้าว", "lat": 13.75, "lng": 100.5,
    ]

    private static func branch(_ change: (inout JSONObject) -> Void = { _ in }) throws -> FoodieBranch {
        var object = branch.object ?? [:]
        change(&object)
        return try FoodieBranch(json: .object(object))
    }

    private static func cart(
        _ branch: Int64 = 12, items: JSONValue = [["product": 1]],
        at place: JSONValue = [
            "lat": 13.7, "lng": 100.5,
        ]
    ) throws -> FoodieCart {
        try FoodieCart(json: ["branchId": .integer(branch), "items": items, "customerLocation": place])
    }

    @Test("A branch reads as it is stored")
    func storedBranch() throws {
        let branch = try Self.branch()
        let text = JSONValue.object(branch.json).bytes
        #expect(try FoodieBranch(json: try JSONParser.parse(text)) == branch)
        #expect(branch.companyID == 3 && branch.paymentName == "ร้านข้าว" && !branch.isForceClosed)
    }

    @Test("What a branch or a cart may not be is named")
    func invalid() throws {
        for (name, value) in [
            ("company_id", "3"), ("company_id", 0), ("name", ""), ("open_hours", []), ("is_force_closed", 1),
            ("payment_id", "12"), ("payment_id", "phone"), ("lat", 91), ("lng", "1"),
            ("name", .string(String(repeating: "x", count: FoodieBranch.maxNameCharacters + 1))),
        ] as [(String, JSONValue)] {
            let refusal = #expect(throws: FaultReason.self) { try Self.branch { $0[name] = value } }
            if case .invalid(let text)? = refusal { #expect(text.hasPrefix(name)) } else { Issue.record("\(name)") }
        }
        #expect(throws: FaultReason.self) { try Self.cart(0) }
        #expect(throws: FaultReason.self) { try Self.cart(items: .null) }
        #expect(throws: FaultReason.self) { try Self.cart(at: ["lat": 1]) }
        #expect(throws: FaultReason.self) { try FoodieCart(json: []) }
    }

    @Test("Whom to pay: a PromptPay id as it is, of an account its last four digits")
    func payee() throws {
        #expect(try Self.branch().payee(isPromptPay: true) == .init(promptPay: "0812345678", name: "ร้านข้าว"))
        let account = try Self.branch { $0["payment_id"] = "123-4-56789-0" }
        #expect(account.payee(isPromptPay: false) == .init(lastFour: "7890", name: "ร้านข้าว"))
        #expect(try Self.branch { $0["payment_id"] = nil }.payee(isPromptPay: false) == nil)
    }

    @Test("A checkout is refused for the first thing that is in the way")
    func checkout() throws {
        let (noon, night) = (try time("21T12:00"), try time("21T23:00"))
        func refusal(
            _ branch: FoodieBranch, _ cart: FoodieCart?, at: Timestamp, to purpose: PaymentPurpose = .payment
        ) -> CheckoutRefusal? {
            FoodieCheckout(purpose: purpose, branchID: 12, branch: branch, cart: cart).refusal(at: at)
        }
        let branch = try Self.branch()
        let forced = try Self.branch { $0["is_force_closed"] = true }
        let always = try Self.branch { $0["open_hours"] = nil }
        let (cart, other) = (try Self.cart(), try Self.cart(13))
        #expect(refusal(branch, cart, at: noon) == nil)
        #expect(refusal(branch, cart, at: night) == .closed)
        #expect(refusal(forced, cart, at: noon) == .forceClosed)
        #expect(refusal(forced, cart, at: night) == .forceClosed)
        #expect(refusal(always, cart, at: night) == nil)
        #expect(refusal(branch, other, at: noon) == .cartMismatch)
        #expect(refusal(branch, nil, at: noon) == .cartMismatch)
        #expect(refusal(branch, try Self.cart(items: []), at: noon) == .cartMismatch)
        #expect(refusal(branch, try Self.cart(at: .null), at: noon) == .noLocation)
        // A deposit buys nothing.
        #expect(refusal(forced, nil, at: night, to: .deposit) == nil)
        #expect(refusal(branch, try Self.cart(at: .null), at: night, to: .deposit) == nil)
        #expect(refusal(branch, other, at: noon, to: .deposit) == .cartMismatch)
        #expect(refusal(branch, try Self.cart(13, items: []), at: noon, to: .deposit) == nil)
    }

    @Test("A wallet is not filled from itself, and there is no third method")
    func methods() {
        #expect(TransactionMethod.method(1, for: .deposit)?.method == .qr)
        #expect(TransactionMethod.method(2, for: .payment)?.code == "USER_BALANCE")
        #expect(TransactionMethod.method(2, for: .deposit) == nil)
        #expect(TransactionMethod.method(3, for: .payment) == nil)
    }

    // MARK: Rows

    private func row(
        _ id: String = "981", status: PaymentStatus = .pending, amount: Int64 = 34_550, refunded: Int64 = 0,
        method: PaymentMethod = .qr, payer: String = "42"
    ) throws -> TransactionRow {
        let at = try time("21T10:00")
        return TransactionRow(
            id: id, payer: payer, purpose: "payment", method: method,
            amount: try #require(Money(hundredths: amount, .baht)),
            refunded: try #require(Money(hundredths: refunded, .baht)), paymentStatus: status, isChecking: false,
            expiresAt: at, createdAt: at, updatedAt: at, transRef: "REF1",
            // In UTC it is the day before.
            transferredAt: Timestamp(rfc3339: "2026-11-20T18:30:00Z"),
            platform: .init(companyID: 3, branchID: 12, methodID: 1))
    }

    private func text(_ row: TransactionRow) -> String {
        var writer = JSONWriter()
        row.write(into: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("A row has the columns of the document, numbers as numbers, amounts exact, times of Bangkok")
    func columns() throws {
        #expect(
            text(try row())
                == #"{"id":981,"company_id":3,"branch_id":12,"user_id":42,"txn_type":"payment","txn_method_id":1,"#
                + #""reversal":false,"amount":345.50,"adjust_amount":0,"status":"pending","#
                + #""expired_at":"2026-11-21T10:00:00.000+07:00","created_at":"2026-11-21T10:00:00.000+07:00","#
                + #""updated_at":"2026-11-21T10:00:00.000+07:00","trans_ref":"REF1","trans_date":"2026-11-21","#
                + #""trans_timestamp":"2026-11-21T01:30:00.000+07:00"}"#)
        #expect(text(try row("p_1", payer: "u_1")).contains(#""id":"p_1""#))
        #expect(text(try row("007", payer: "u_1")).contains(#""id":"007","#))
        #expect(text(try row(amount: 999_999_999_999_999)).contains(#""amount":9999999999999.99,"#))
        #expect(text(try row(method: .balance)).contains(#""expired_at":null"#))
        let back = text(try row(status: .refunded, refunded: 34_550))
        #expect(back.contains(#""reversal":true"#) && back.contains(#""adjust_amount":-345.50,"#))
        #expect(text(try row(status: .refunded, refunded: 5)).contains(#""reversal":false,"#))
    }

    @Test("The column has three words, the display status has more")
    func statuses() throws {
        let words: [PaymentStatus: (TransactionRow.Status, TransactionDisplayStatus)] = [
            .pending: (.pending, .pending), .review: (.pending, .review), .accepted: (.accepted, .accepted),
            .refunded: (.accepted, .refunded), .rejected: (.rejected, .rejected), .expired: (.rejected, .expired),
            .cancelled: (.rejected, .cancelled),
        ]
        #expect(words.count == PaymentStatus.allCases.count)
        for (status, (word, shown)) in words {
            let row = try row(status: status)
            #expect(row.status == word && row.displayStatus == shown)
        }
        #expect(TransactionDisplayStatus(.pending, isChecking: true) == .checking)
        #expect(TransactionDisplayStatus(.expired, isChecking: true) == .expired)
    }

    @Test("A history is filtered, then paged; a page behind its end is empty")
    func pages() throws {
        let history = try (1...7).map { try row("\($0)", status: $0 % 2 == 0 ? .expired : .accepted) }
        func ids(_ status: TransactionRow.Status?, _ page: Int, _ size: Int) -> [String] {
            TransactionPage(of: history, status: status, page: page, size: size).rows.map(\.id)
        }
        #expect(ids(nil, 1, 3) == ["1", "2", "3"])
        #expect(ids(nil, 3, 3) == ["7"])
        #expect(ids(nil, 4, 3) == [])
        #expect(ids(.rejected, 2, 2) == ["6"])
        #expect(ids(nil, .max, .max) == [])
        #expect(ids(nil, .min, 1) == ["1"])
        #expect(TransactionPage(of: history, status: .rejected, page: 1, size: 2).total == 3)
    }
}

import HTTPClient
import JSON
import Primitives
import SlipProviders
import TestSupport

extension FuzzTarget {
    static let easySlip = slipProvider(
        "easyslip-v1", EasySlipDialect(.init(version: .v1, key: Secret("k"))),
        ["\"status\":200", "\"message\":\"slip_pending\"", "\"message\":\"duplicate_slip\""])
    static let easySlip2 = slipProvider(
        "easyslip-v2", EasySlipDialect(.init(version: .v2, key: Secret("k"))),
        ["\"success\":true", "\"isDuplicate\":true", "\"rawSlip\":{", "\"error\":{\"code\":\"SLIP_PENDING\"}"])
    static let slipOK = slipProvider(
        "slipok", SlipOKDialect(.init(branch: "1", key: Secret("k"))),
        ["\"success\":true", "\"code\":1012", "\"code\":1010,\"data\":{\"delay\":", "\"transTimestamp\":\""])

    /// A provider's answer. The flags choose its status: a success needs one of success, an amount in its bounds and a
    /// reference.
    private static func slipProvider(_ name: String, _ dialect: some SlipDialect, _ words: [String]) -> FuzzTarget {
        FuzzTarget(
            name,
            words: words + [
                "\"data\":{", "\"amount\":", "3450.25", "\"transRef\":\"", "\"date\":\"2026-11-21T10:02:15Z\"",
            ]
        ) { input in
            let status = statuses[Int(input.flags) % statuses.count]
            let response = HTTPResponse(head: HTTPResponseHead(status: status), body: input.payload)
            let limits = SlipProviderLimits()
            switch dialect.answer(response) {
            case .success(let slip):
                try expect(status == 200, "a slip with \(status)")
                try check(slip, limits)
            case .failure(.duplicate(let slip)), .failure(.amountMismatch(let slip)),
                .failure(.receiverMismatch(let slip)):
                if let slip { try check(slip, limits) }
            case .failure(.pending(let wait)): try expect(wait > .zero && wait <= limits.maxWait, "\(wait)")
            case .failure(.notSent): throw Violated("an answer to nothing")
            case .failure: break
            }
        } seeds: {
            try Vectors.load("slips").filter { $0["dialect"]?.string == name }.compactMap { vector in
                guard let status = vector["input"]?["status"]?.integer, let body = vector["input"]?["body"]?.string,
                    body.utf8.count <= 2_048
                else { return nil }
                let flag = statuses.firstIndex(of: Int(status)) ?? 0
                return FuzzInput.bytes(flags: UInt8(flag), body.utf8)
            }
        }
    }

    private static let statuses = [200, 400, 401, 403, 404, 429, 500]

    private static func check(_ slip: VerifiedSlip, _ limits: SlipProviderLimits) throws {
        try expect((1...limits.maxReferenceBytes).contains(slip.transRef.utf8.count), slip.transRef)
        let texts = [
            slip.sendingBank, slip.receivingBank, slip.ref1, slip.ref2, slip.ref3, slip.sender.nameThai,
            slip.sender.nameEnglish, slip.receiver.nameThai, slip.receiver.nameEnglish, slip.sender.account?.masked,
            slip.receiver.account?.masked, slip.sender.proxy?.masked, slip.receiver.proxy?.masked,
        ]
        for text in texts.compactMap(\.self) {
            try expect((1...limits.maxTextBytes).contains(text.utf8.count), "a text of \(text.utf8.count) bytes")
        }
    }
}

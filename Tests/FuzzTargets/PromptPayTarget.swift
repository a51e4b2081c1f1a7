import EMVCo
import Primitives
import PromptPay

extension FuzzTarget {
    /// The text of a QR code to pay with, or with an odd flag what somebody typed as whom to pay. A checksum is hard to guess, so with
    /// the second flag it is put right first. What is read is written as one that is read the same.
    static let promptPay = FuzzTarget(
        "promptpay",
        words: [
            "000201", "010211", "010212", "0016A000000677010111", "0016A000000677010112", "01130066812345678", "0213",
            "0315", "5303764", "5406199.00", "5802TH", "0703", "6304",
        ]
    ) { input in
        if input.has(1) { return try checkProxy(input.text) }
        let text = input.has(2) ? sealed(input.text) : input.text
        let payload: PromptPayPayload
        do throws(PromptPayViolation) { payload = try PromptPayPayload(text) } catch { return }
        try expect(text.utf8.count <= PromptPayPayload.maxBytes, "a text of \(text.utf8.count) bytes is read")
        if let amount = payload.amount {
            try expect(!amount.isZero && amount.currency == .baht, "\(amount) is asked for")
        }
        try expect(try PromptPayPayload(payload.text) == payload, "\(text) is read back otherwise")
    } seeds: {
        let bodies = [
            "00020101021129370016A0000006770101110113006681234567853037645802TH",
            "00020101021229370016A0000006770101110113006681234567853037645406199.005802TH",
            "00020101021229370016A00000067701011102131234567890121530376454071250.505802TH",
            "00020101021129370016A000000677010111021312345678901215802TH5303764",
            "00020101021229390016A00000067701011103150140008123456785802TH53037645405" + "75.25",
            "00020101021230650016A00000067701011201150994000165501000211INV202600010307CUST04253037645407"
                + "3649.225802TH62070703SCB",
        ]
        let texts = [
            "00020101021129370016A0000006770101110113006681234567853037645802TH6304823E",
            "00020101021229370016A0000006770101110113006681234567853037645802TH5406199.0063048AF6",
            "0041000600000101030040220015275120000AKR000015102TH91047C42", "6304",
        ]
        let typed = [
            "081-234-5678", "+66 (0) 81 234 5678", "0066812345678", "๐๘๑-๒๓๔-๕๖๗๘", "1-2345-67890-12-1",
            "014000812345678", "812345678",
        ]
        return bodies.map { FuzzInput.bytes(flags: 2, $0.utf8) } + texts.map { FuzzInput.bytes($0.utf8) }
            + typed.map { FuzzInput.bytes(flags: 1, $0.utf8) }
    }

    /// What is read of what somebody typed can be paid, and is read the same from its own digits.
    private static func checkProxy(_ text: String) throws {
        let proxy: PromptPayProxy
        do throws(PromptPayProxyViolation) { proxy = try PromptPayProxy(text) } catch { return }
        try expect(try PromptPayProxy(proxy.digits) == proxy, "\(text) is read back otherwise")
        guard let payload = PromptPayPayload(.proxy(proxy)) else { throw Violated("\(text) cannot be paid") }
        try expect(try PromptPayPayload(payload.text) == payload, "\(text) is paid otherwise")
    }

    private static func sealed(_ body: String) -> String {
        EMVCoWriter(text: body).sealed(checksumTag: "63")
    }
}

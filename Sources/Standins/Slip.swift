package import Primitives
package import SlipQR

/// A transfer that the banks know: what slip services look up by the code on its slip.
package struct Slip: Equatable, Sendable {
    /// One side: names and account in full, as the bank has them and no slip shows them.
    package struct Party: Equatable, Sendable {
        package var nameTh: String?
        package var nameEn: String?
        /// Digits; empty: slips do not show it.
        package var account: String
        let bank: Bank
        /// The PromptPay id that the money went to; then the account may be empty: not told.
        var proxy: SlipProxy?

        init(nameTh: String?, nameEn: String?, account: String, bank: Bank, proxy: SlipProxy? = nil) {
            self.proxy = proxy
            self.nameTh = nameTh
            self.nameEn = nameEn
            self.account = account
            self.bank = bank
        }
    }

    package let code: SlipQR
    package let amount: Satang
    package let at: Timestamp
    package let sender: Party
    package let receiver: Party
}

/// The slips that the stand-ins for EasySlip and SlipOK know, and pictures of them. Confined to the stand-ins' loop.
final class SlipBook {
    static let maxSlips = 20_000
    /// Pictures, by what is known of each: 32 bytes and a code.
    static let maxPictures = 20_000

    private var slips = Recent<SlipQR, Slip>(maxEntries: maxSlips)
    private var pictures = Recent<[UInt8], String>(maxEntries: maxPictures)

    func add(_ slip: Slip) { slips.note(slip, for: slip.code) }
    func slip(_ code: SlipQR) -> Slip? { slips[code] }
    /// The newest slip with that reference, whatever its bank.
    func slip(reference: String) -> Slip? { slips.values.last { $0.code.reference == reference } }

    /// A picture with that SHA-256 shows a code with that text.
    func addPicture(digest: [UInt8], payload: String) { pictures.note(payload, for: digest) }
    func payload(ofPicture digest: [UInt8]) -> String? { pictures[digest] }
}

/// Makes references of transfers in the forms that banks give theirs. Two are never the same, not even of two runs: the time is
/// in them, and a number within the second.
struct ReferenceMint {
    private var count: UInt64 = 0

    mutating func next(bank: String, at now: Timestamp) -> SlipQR? {
        count += 1
        let clock = now.rfc3339.prefix(19).filter { $0.isASCII && $0.isNumber }
        func serial(_ radix: Int, _ digits: Int) -> String {
            let text = String(count, radix: radix, uppercase: true)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text.suffix(digits)
        }
        let reference =
            switch bank {
            case "002": clock + serial(10, 5)
            case "014": clock + "x" + serial(36, 5) + "aB9kQ"
            case "006": "A" + clock.dropFirst(2) + "b" + serial(36, 5)
            default: "0" + clock + serial(36, 5)
            }
        return SlipQR(sendingBank: bank, reference: reference)
    }
}

internal import EMVCo
internal import Primitives
internal import SlipQR

/// A PromptPay id: what money can be sent to in the place of an account.
package struct SlipProxy: Equatable, Sendable {
    enum Kind: String {
        case phone = "MSISDN"
        case nationalID = "NATID"
        case wallet = "EWALLETID"
        case biller = "BILLERID"
    }

    let kind: Kind
    /// Digits; a phone's begin with 0.
    package let digits: String

    init(_ kind: Kind, _ digits: String) {
        self.kind = kind
        self.digits = digits
    }

    /// A phone number, a national or tax id, or an e-wallet's id, told apart by their lengths; other characters than digits do
    /// not count.
    init?(_ text: String) {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        if let phone = Self.phone(digits) {
            self.init(.phone, phone)
        } else if digits.utf8.count == 13 {
            self.init(.nationalID, digits)
        } else if digits.utf8.count == 15 {
            self.init(.wallet, digits)
        } else {
            return nil
        }
    }

    /// `0812345678`, `66812345678` or `0066812345678` as the first.
    private static func phone(_ digits: String) -> String? {
        if digits.utf8.count == 10, digits.hasPrefix("0") { return digits }
        guard let prefix = ["0066", "66"].first(where: digits.hasPrefix), digits.utf8.count == prefix.utf8.count + 9
        else { return nil }
        return "0" + digits.dropFirst(prefix.utf8.count)
    }

    /// As slips show it: the last four digits.
    var masked: String {
        let hidden = String(repeating: "x", count: max(0, digits.count - 4)) + digits.suffix(4)
        let sizes: [Int]
        switch kind {
        case .phone: sizes = [3, 3, 4]
        case .nationalID: sizes = [1, 4, 5, 2, 1]
        case .wallet, .biller: return hidden
        }
        var rest = hidden[...]
        return sizes.map { size in
            defer { rest = rest.dropFirst(size) }
            return String(rest.prefix(size))
        }.joined(separator: "-")
    }
}

/// What a payer's app reads from a PromptPay QR code (EMVCo, merchant-presented): whom to pay, and how much.
struct PromptPayCode {
    /// Bytes of its text.
    static let maxBytes = 512

    let receiver: SlipProxy
    /// nil: the payer chooses.
    let amount: Satang?

    /// Nil when it is none, or damaged.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maxBytes, bytes.allSatisfy({ (0x20...0x7E).contains($0) }),
            let fields = Self.fields(bytes[...]), fields.first?.tag == "00", fields.first?.value == "01",
            fields.last?.tag == "63", let sum = fields.last?.value, sum.utf8.count == 4,
            CRC16.checksum(bytes.dropLast(4)) == UInt16(sum, radix: 16)
        else { return nil }
        func field(_ tag: String) -> String? { fields.first { $0.tag == tag }?.value }
        guard let template = (field("29") ?? field("30")).flatMap({ Self.fields(Array($0.utf8)[...]) }) else {
            return nil
        }
        func part(_ tag: String) -> String? { template.first { $0.tag == tag }?.value }
        switch part("00") {
        case "A000000677010111":
            guard let proxy = (part("01") ?? part("02") ?? part("03")).flatMap({ SlipProxy($0) }) else { return nil }
            receiver = proxy
        case "A000000677010112":
            guard let biller = part("01"), (13...15).contains(biller.utf8.count), biller.allSatisfy(\.isNumber) else {
                return nil
            }
            receiver = SlipProxy(.biller, biller)
        default: return nil
        }
        guard let decimal = field("54") else {
            amount = nil
            return
        }
        guard let amount = Satang(decimal: decimal) else { return nil }
        self.amount = amount
    }

    /// Two digits of tag, two of length, the value, to the last byte.
    private static func fields(_ text: ArraySlice<UInt8>) -> [(tag: String, value: String)]? {
        var fields: [(tag: String, value: String)] = []
        var rest = text
        while !rest.isEmpty {
            let head = rest.prefix(4)
            guard head.count == 4, head.allSatisfy({ (0x30...0x39).contains($0) }),
                let count = Int(String(decoding: head.suffix(2), as: UTF8.self)), count <= rest.count - 4
            else { return nil }
            let value = rest.dropFirst(4).prefix(count)
            fields.append((String(decoding: head.prefix(2), as: UTF8.self), String(decoding: value, as: UTF8.self)))
            rest = rest.dropFirst(4 + count)
        }
        return fields
    }
}

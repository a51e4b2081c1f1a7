/// The small QR code on a bank's transfer slip: the key by which the bank, or a slip service, finds the transfer. It proves
/// nothing: anybody can print one. EMV-style fields: two digits of tag, two of length, the value; a checksum at the end.
package struct SlipQR: Hashable, Sendable {
    /// Bytes of the text; a slip's has some sixty.
    package static let maxBytes = 512
    /// Bytes of a transfer's reference. 25 are documented; a little more costs nothing.
    package static let maxReferenceBytes = 40

    /// Three digits, as the Bank of Thailand numbers banks.
    package let sendingBank: String
    /// Letters and digits; their case counts. With the bank it names one transfer.
    package let reference: String

    /// Nil unless both are as a slip has them.
    package init?(sendingBank: String, reference: String) {
        guard sendingBank.utf8.count == 3, sendingBank.utf8.allSatisfy(Self.isDigit),
            (1...Self.maxReferenceBytes).contains(reference.utf8.count),
            reference.utf8.allSatisfy(Self.isAlphanumeric)
        else { return nil }
        self.sendingBank = sendingBank
        self.reference = reference
    }

    /// Reads the text of a QR code. A wrong code of another kind that people send instead is named as such.
    package init(_ text: String) throws(SlipQRViolation) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maxBytes else { throw .tooLong }
        // A payment's code begins with the version of EMV's format.
        guard !bytes.starts(with: "000201".utf8) else { throw .paymentCode }
        let fields = try SlipQRFields(bytes[...], hasChecksum: true)
        guard let template = fields["00"] else { throw .notASlip }
        let inner = try SlipQRFields(template, hasChecksum: false)
        if inner["00"].map(Array.init) == Array("01".utf8), fields["51"] == nil { throw .trueMoney }
        guard inner["00"].map(Array.init) == Array("000001".utf8), fields["51"].map(Array.init) == Array("TH".utf8),
            let bank = inner["01"], let reference = inner["02"]
        else { throw .notASlip }
        guard
            let slip = SlipQR(
                sendingBank: String(decoding: bank, as: UTF8.self),
                reference: String(decoding: reference, as: UTF8.self))
        else { throw .malformed }
        self = slip
    }

    /// The text of its QR code, as banks print it.
    package var text: String {
        let inner = Self.field("00", "000001") + Self.field("01", sendingBank) + Self.field("02", reference)
        let body = Self.field("00", inner) + Self.field("51", "TH") + "9104"
        let digits = String(CRC16.checksum(body.utf8), radix: 16, uppercase: true)
        return body + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }

    private static func field(_ tag: String, _ value: String) -> String {
        let count = String(value.utf8.count)
        return tag + (count.utf8.count < 2 ? "0" : "") + count + value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Why a QR code's text is no slip's.
package enum SlipQRViolation: String, Error, Equatable, Sendable, CaseIterable {
    case tooLong
    /// No fields of tag, length and value, or values that no slip has.
    case malformed
    case fieldRepeated
    case checksumMissing, checksumWrong
    /// A code to pay with, such as PromptPay's.
    case paymentCode
    /// A slip of the TrueMoney wallet, which slip services look up in another way.
    case trueMoney
    /// Sound fields of something else.
    case notASlip
}

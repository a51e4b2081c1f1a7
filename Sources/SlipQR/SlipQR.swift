internal import EMVCo

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
        let fields = try Self.fields(bytes[...], checksum: .init(tag: Self.checksumTag, mayLackZeros: true))
        guard let template = fields["00"] else { throw .notASlip }
        let inner = try Self.fields(template)
        if inner.has("01", in: "00"), fields["51"] == nil { throw .trueMoney }
        guard inner.has("000001", in: "00"), fields.has("TH", in: "51"), let bank = inner["01"],
            let reference = inner["02"]
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
        var writer = EMVCoWriter()
        writer.writeTemplate("00") { template in
            template.write("00", "000001")
            template.write("01", sendingBank)
            template.write("02", reference)
        }
        writer.write("51", "TH")
        return writer.sealed(checksumTag: Self.checksumTag)
    }

    private static let checksumTag = "91"

    private static func fields(
        _ text: ArraySlice<UInt8>, checksum: EMVCoFields.Checksum? = nil
    ) throws(SlipQRViolation) -> EMVCoFields {
        do throws(EMVCoViolation) { return try EMVCoFields(text, checksum: checksum) } catch {
            switch error {
            case .malformed: throw .malformed
            case .fieldRepeated: throw .fieldRepeated
            case .checksumMissing: throw .checksumMissing
            case .checksumWrong: throw .checksumWrong
            }
        }
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

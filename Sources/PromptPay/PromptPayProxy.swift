/// What money is sent to instead of a bank account: what its owner registered with PromptPay. It may be a person's national id, so
/// its description shows nothing of it.
package struct PromptPayProxy: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of the text that somebody typed: fifteen digits with what may stand between them.
    package static let maxTextBytes = 64

    /// The raw value is the tag in the template.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case phone = "01"
        case nationalOrTaxID = "02"
        case eWallet = "03"
    }

    package let kind: Kind
    /// As in the QR code: of a phone the 13 digits `0066…`, otherwise the 13 or 15 digits as they are.
    package let digits: String

    package var description: String { "PromptPayProxy(\(kind))" }

    /// Reads what somebody typed; whatever is no digit counts as a separator, and Thai digits count as digits. A mobile number with or
    /// without the country (`081-234-5678`, `+66 81 234 5678`, `+66 (0) 81…`), a national or tax id of 13 digits with a right check
    /// digit, an e-wallet's id of 15 digits. 13 digits that begin like a phone's in the QR code (`00668…`) are a phone.
    package init(_ text: String) throws(PromptPayProxyViolation) {
        guard text.utf8.count <= Self.maxTextBytes else { throw .tooLong }
        let digits = try Self.digits(of: text)
        if let phone = Self.phone(digits) {
            (kind, self.digits) = (.phone, phone)
        } else {
            switch digits.utf8.count {
            case 10: throw .notMobile
            case 13:
                // No id begins so; a mistyped phone's check digit may be right by chance.
                guard !digits.hasPrefix("0066") else { throw .notMobile }
                guard Self.hasRightCheckDigit(digits) else { throw .checkDigitWrong }
                (kind, self.digits) = (.nationalOrTaxID, digits)
            case 15: (kind, self.digits) = (.eWallet, digits)
            default: throw .unknownForm
            }
        }
    }

    /// What stands in a QR code; nil unless it is as `digits` promises.
    init?(_ kind: Kind, payload: ArraySlice<UInt8>) {
        guard payload.allSatisfy(Self.isDigit) else { return nil }
        let digits = String(decoding: payload, as: UTF8.self)
        let isRight =
            switch kind {
            case .phone: payload.count == 13 && Self.phone(digits) == digits
            case .nationalOrTaxID: payload.count == 13 && Self.hasRightCheckDigit(digits)
            case .eWallet: payload.count == 15
            }
        guard isRight else { return nil }
        (self.kind, self.digits) = (kind, digits)
    }

    private static func digits(of text: String) throws(PromptPayProxyViolation) -> String {
        var digits = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x30...0x39: digits.unicodeScalars.append(scalar)
            case 0x0E50...0x0E59: digits += String(scalar.value - 0x0E50)
            // Left out, another script's digit would make another number of it.
            default: guard scalar.properties.numericType == nil else { throw .unknownForm }
            }
        }
        return digits
    }

    /// `0066` and the nine digits of a mobile number; nil when it is none.
    private static func phone(_ digits: String) -> String? {
        var rest = digits[...]
        if let country = ["0066", "66"].first(where: { digits.hasPrefix($0) }) {
            rest = rest.dropFirst(country.count)
            // The zero of calls within the country is often left in.
            if rest.first == "0" { rest = rest.dropFirst() }
        } else {
            guard rest.first == "0" else { return nil }
            rest = rest.dropFirst()
        }
        guard rest.utf8.count == 9, let first = rest.first, "689".contains(first) else { return nil }
        return "0066" + rest
    }

    /// Of 13 digits: the sum of the first twelve, weighted with 13 down to 2, modulo 11, gives the last.
    private static func hasRightCheckDigit(_ digits: String) -> Bool {
        let values = digits.utf8.map { Int($0) - 0x30 }
        let sum = zip(values.dropLast(), stride(from: 13, through: 2, by: -1)).reduce(0) { $0 + $1.0 * $1.1 }
        return values.last == (11 - sum % 11) % 10
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// Why what somebody typed is no proxy.
package enum PromptPayProxyViolation: String, Error, Equatable, Sendable, CaseIterable {
    case tooLong
    /// Neither a phone's, nor an id's, nor an e-wallet's number of digits, or digits of another script.
    case unknownForm
    /// Ten digits, or 13 that begin with 0066, that are no mobile number: those begin with 06, 08 or 09.
    case notMobile
    /// 13 digits that are nobody's id: one is mistyped.
    case checkDigitWrong
}

internal import Domain

/// What a text field may hold, and the words that say so.
struct TextRule: Sendable {
    let words: String
    let isValid: @Sendable (String) -> Bool

    /// Visible ASCII without spaces.
    static func visible(_ limit: Int) -> TextRule {
        TextRule(words: "has 1 to \(limit) visible ASCII characters") { text in
            (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }

    /// Words of people: no control characters, not only white space.
    static func words(_ limit: Int, lines: Bool = false) -> TextRule {
        TextRule(words: "has 1 to \(limit) characters") { text in
            (1...limit).contains(text.count) && text.utf8.count <= limit * 16
                && !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
                && text.unicodeScalars.allSatisfy { isPrintable($0) || lines && $0 == "\n" }
        }
    }

    static func bytes(_ limit: Int) -> TextRule {
        TextRule(words: "has 1 to \(limit) bytes") { text in
            (1...limit).contains(text.utf8.count) && text.unicodeScalars.allSatisfy(isPrintable)
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory != .control
    }

    static let id = TextRule(words: "has 1 to \(SlipServiceLimits.maxIDBytes) of a-z, 0-9, _ and -") { text in
        (1...SlipServiceLimits.maxIDBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A, 0x5F, 0x2D: true
                default: false
                }
            }
    }

    /// The `{oa}` of a webhook. One name is taken: references that this API has claimed stand under it.
    static let lineAccountID = TextRule(words: id.words + ", and is not '\(CreditClaim.account)'") { text in
        id.isValid(text) && text != CreditClaim.account
    }

    /// A LINE channel's own number: it may stand in a webhook's path.
    static let channelID = TextRule(words: "has 1 to \(SlipServiceLimits.maxIDBytes) digits") { text in
        (1...SlipServiceLimits.maxIDBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// An account's number as people write it.
    static let accountNumber = TextRule(
        words: "has digits and hyphens, \(SlipServiceLimits.maxNumberBytes) at most"
    ) { text in
        (1...SlipServiceLimits.maxNumberBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D } && MaskedNumber(text) != nil
    }

    /// As a slip shows it.
    static let maskedNumber = TextRule(
        words: "is an account's number, maybe masked, of \(SlipServiceLimits.maxNumberBytes) bytes at most"
    ) { text in
        (1...SlipServiceLimits.maxNumberBytes * 3).contains(text.utf8.count) && MaskedNumber(text) != nil
    }

    static let color = TextRule(words: "is a colour, #RRGGBB") { text in
        let bytes = Array(text.utf8)
        return bytes.count == 7 && bytes[0] == 0x23
            && bytes.dropFirst().allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
                default: false
                }
            }
    }

    /// Shown to customers.
    static let pageURL = TextRule(words: "is an https URL of \(SlipServiceLimits.maxURLBytes) bytes at most, or empty")
    {
        $0.isEmpty || WebAddress($0)?.scheme == .https
    }

    /// Of a tenant's back end.
    static func backEndURL(admitsLoopback: Bool) -> TextRule {
        TextRule(
            words: "is an https URL without query" + (admitsLoopback ? ", or an http URL of this machine" : "")
        ) { text in
            guard let address = WebAddress(text), !address.hasQuery else { return false }
            return address.scheme == .https || admitsLoopback && address.isLoopback
        }
    }
}

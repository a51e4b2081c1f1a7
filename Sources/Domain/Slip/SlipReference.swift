package import JSON

/// Names one transfer in the banking system: who sent it (bank) and the bank's own number. The key by which a slip is used
/// once in a tenant, whichever OA it came to.
package struct SlipReference: Hashable, Sendable {
    /// 3-digit BOT code, or the name of an issuer that has none (`TRUEMONEYWALLET`).
    package let bank: BankCode
    /// As the bank wrote it: case counts.
    package let transRef: String

    /// The mini-QR says at most 25; issuers of wallets have longer ones.
    package static let maxTransRefBytes = 64

    /// nil unless `transRef` is 1 to `maxTransRefBytes` visible ASCII characters.
    package init?(bank: BankCode, transRef: String) {
        guard (1...Self.maxTransRefBytes).contains(transRef.utf8.count),
            transRef.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.bank = bank
        self.transRef = transRef
    }
}

/// A bank, by its Bank of Thailand code. Codes of banks that have merged are the code of the bank they are now, so that one
/// transfer cannot have two references (TMB 011 and Thanachart 065 are TTB, which some lists call 076).
package struct BankCode: Hashable, Sendable {
    package let text: String

    package static let maxBytes = 24

    /// nil unless it is 1 to `maxBytes` letters and digits.
    package init?(_ code: String) {
        guard (1...Self.maxBytes).contains(code.utf8.count),
            code.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            })
        else { return nil }
        switch code {
        case "065", "076": text = "011"
        default: text = code.uppercased()
        }
    }
}

extension JSONFields {
    package func bank(_ name: String) throws(JSONFieldFailure) -> BankCode {
        guard let bank = BankCode(try string(name)) else { throw JSONFieldFailure(field: name) }
        return bank
    }

    package func bank(ifPresent name: String) throws(JSONFieldFailure) -> BankCode? {
        guard try string(ifPresent: name) != nil else { return nil }
        return try bank(name)
    }
}

extension SlipReference: JSONWritable, JSONReadable {
    package var object: JSONObject { ["bank": .string(bank.text), "transRef": .string(transRef)] }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        guard let reference = SlipReference(bank: try fields.bank("bank"), transRef: try fields.string("transRef"))
        else { throw JSONFieldFailure(field: "transRef") }
        self = reference
    }
}

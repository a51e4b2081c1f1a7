package import JSON
package import Primitives

/// What the platform's back end says of a branch (`tbl_branch`, and of its company whom to pay).
package struct FoodieBranch: Sendable, Equatable {
    package let companyID: Int64
    package let name: String
    /// nil: it has none, and is open unless it is closed by force.
    package let hours: OpenHours?
    package let isForceClosed: Bool
    /// A PromptPay id or an account's number; nil: it takes no transfers.
    package let paymentID: String?
    package let paymentName: String?
    /// As it is stored.
    package let json: JSONObject

    package static let maxNameCharacters = 120
    /// Of the whole, as JSON.
    package static let maxBytes = 8 * 1024

    /// Reads what `PUT …/branches/{id}` has, and what was stored. Unknown members are left out.
    package init(json: JSONValue) throws(FaultReason) {
        guard json.object != nil else { throw .invalid("the body is a JSON object") }
        guard case .integer(let company)? = json["company_id"], company > 0 else {
            throw .invalid("company_id is a whole number, 1 or more")
        }
        guard let name = try Self.text(json, "name") else { throw .invalid("name is missing") }
        var stored: JSONObject = ["company_id": .integer(company), "name": .string(name)]
        companyID = company
        self.name = name
        paymentName = try Self.text(json, "payment_name")
        stored["payment_name"] = paymentName.map(JSONValue.string)
        if let value = json["open_hours"], !value.isNull {
            guard let hours = OpenHours(json: value) else {
                throw .invalid(#"open_hours is like {"mon":[["09:00","20:00"]]}, days mon to sun"#)
            }
            self.hours = hours
            stored["open_hours"] = value
        } else {
            hours = nil
        }
        switch json["is_force_closed"] {
        case nil, .null?: isForceClosed = false
        case .bool(let flag)?: isForceClosed = flag
        default: throw .invalid("is_force_closed is true or false")
        }
        stored["is_force_closed"] = .bool(isForceClosed)
        if let value = json["payment_id"], !value.isNull {
            guard let id = value.string, (4...32).contains(id.utf8.count), id.utf8.allSatisfy(Self.isDialled),
                id.utf8.count(where: { (0x30...0x39).contains($0) }) >= 4
            else { throw .invalid("payment_id is a PromptPay id or an account's number, of at most 32 bytes") }
            paymentID = id
        } else {
            paymentID = nil
        }
        stored["payment_id"] = paymentID.map(JSONValue.string)
        stored["lat"] = try Self.coordinate(json, "lat", 90)
        stored["lng"] = try Self.coordinate(json, "lng", 180)
        guard stored.byteCount <= Self.maxBytes else { throw .invalid("a branch has at most \(Self.maxBytes) bytes") }
        self.json = stored
    }

    package func isOpen(at time: Timestamp) -> Bool { !isForceClosed && (hours?.isOpen(at: time) ?? true) }

    /// nil when it takes no transfers. `isPromptPay`: whether a QR code can be made of the id.
    package func payee(isPromptPay: Bool) -> PaymentFacts.Payee? {
        guard let paymentID else { return nil }
        if isPromptPay { return PaymentFacts.Payee(promptPay: paymentID, name: paymentName) }
        let digits = paymentID.filter { ("0"..."9").contains($0) }
        return PaymentFacts.Payee(lastFour: String(digits.suffix(4)), name: paymentName)
    }

    private static func text(_ json: JSONValue, _ name: String) throws(FaultReason) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string, (1...maxNameCharacters).contains(text.count), text.utf8.count <= 2_048 else {
            throw .invalid("\(name) has 1 to \(maxNameCharacters) characters")
        }
        return text
    }

    private static func coordinate(
        _ json: JSONValue, _ name: String, _ bound: Double
    ) throws(FaultReason) -> JSONValue? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let number = value.double, abs(number) <= bound else {
            throw .invalid("\(name) is a number, at most \(Int(bound)) either way")
        }
        return value
    }

    private static func isDialled(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x20 || byte == 0x2B
    }
}

extension JSONObject {
    fileprivate var byteCount: Int { JSONValue.object(self).bytes.count }
}

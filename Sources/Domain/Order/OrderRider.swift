package import JSON
internal import Primitives

/// Who brings an order. Of the phone only what may be shown is kept.
package struct OrderRider: Sendable, Equatable {
    /// The subject of their token.
    package let id: String
    package let name: String?
    /// `08x-xxx-5678`
    package let phone: String?
    package let vehicle: String?

    package static let maxTextCharacters = 80
    package static let maxPhoneBytes = 20

    package init(id: String, name: String? = nil, phone: String? = nil, vehicle: String? = nil) {
        self.id = id
        self.name = name
        self.phone = phone
        self.vehicle = vehicle
    }

    /// Reads `rider` of `rider.assign`: a subject, or an object with `id`, `name`, `phone` and `vehicle`.
    init(command json: JSONValue?) throws(FaultReason) {
        let object = json?.string.map { ["id": .string($0)] as JSONObject } ?? json?.object
        guard let object, let id = object["id"]?.string, (1...OrderFacts.maxSubjectBytes).contains(id.utf8.count) else {
            throw .invalid(
                "rider is a subject of 1 to \(OrderFacts.maxSubjectBytes) bytes, or an object with that as its id")
        }
        func text(_ name: String) throws(FaultReason) -> String? {
            guard let value = object[name], !value.isNull else { return nil }
            guard let text = value.string, (1...Self.maxTextCharacters).contains(text.count) else {
                throw .invalid("rider.\(name) has 1 to \(Self.maxTextCharacters) characters")
            }
            return text
        }
        var phone: String?
        if let value = object["phone"], !value.isNull {
            guard let text = value.string, let masked = Self.masked(phone: text) else {
                throw .invalid("rider.phone is a phone number of 9 to 15 digits")
            }
            phone = masked
        }
        self.init(id: id, name: try text("name"), phone: phone, vehicle: try text("vehicle"))
    }

    /// The first two and the last four digits of a number as it is dialled at home; nil when it is none.
    static func masked(phone: String) -> String? {
        guard phone.utf8.count <= maxPhoneBytes else { return nil }
        let digits = phone.utf8.filter { (0x30...0x39).contains($0) }
        guard phone.utf8.allSatisfy({ digits.contains($0) || "+-() .".utf8.contains($0) }) else { return nil }
        // The country code of Thailand stands for the zero.
        let dialled = String(decoding: digits, as: UTF8.self)
        let home = phone.hasPrefix("+66") ? "0" + dialled.dropFirst(2) : dialled
        guard (9...15).contains(home.count) else { return nil }
        return "\(home.prefix(2))x-xxx-\(home.suffix(4))"
    }
}

extension OrderRider: JSONWritable, JSONReadable {
    package var object: JSONObject {
        var object: JSONObject = ["id": .string(id)]
        object["name"] = name.map(JSONValue.string)
        object["phone"] = phone.map(JSONValue.string)
        object["vehicle"] = vehicle.map(JSONValue.string)
        return object
    }

    package init(fields: JSONFields) throws(JSONFieldFailure) {
        self.init(
            id: try fields.string("id"), name: try fields.string(ifPresent: "name"),
            phone: try fields.string(ifPresent: "phone"), vehicle: try fields.string(ifPresent: "vehicle"))
    }
}

import JSON

/// A small right document, and ways to make it wrong.
enum LifecycleDocument {
    static let right: JSONValue = [
        "name": "kitchen",
        "states": [
            ["name": "new", "label": ["th": "ใหม่", "en": "New"]],
            ["name": "cooking", "label": ["th": "กำลังปรุง", "en": "Cooking"], "hidesRider": true],
            ["name": "done", "label": ["th": "เสร็จ", "en": "Done"], "terminal": true],
            ["name": "gone", "label": ["th": "ยกเลิก", "en": "Gone"], "terminal": true],
        ],
        "initial": "new",
        "transitions": [
            ["from": "new", "to": "cooking", "by": ["staff"]],
            ["from": "cooking", "to": "done", "by": ["rider", "staff"]],
        ],
        "cancellation": ["to": "gone", "from": ["new"], "by": ["customer"]],
        "mainLine": ["new", "cooking", "done"],
        "payment": [
            "moves": [["on": "accepted", "from": "new", "to": "cooking"]],
            "display": [
                ["status": "new", "on": "expired", "show": "EXPIRED", "label": ["th": "หมดเวลา", "en": "Too late"]]
            ],
        ],
    ]
}

extension JSONValue {
    /// With another value at a JSON pointer, whose place is there or is the next of a list or a new member; nil takes it away.
    func setting(_ pointer: String, _ value: JSONValue?) -> JSONValue {
        setting(pointer.split(separator: "/").map(String.init)[...], value) ?? .null
    }

    private func setting(_ tokens: ArraySlice<String>, _ value: JSONValue?) -> JSONValue? {
        guard let token = tokens.first else { return value }
        switch self {
        case .object(var object):
            object[token] = (object[token] ?? [:]).setting(tokens.dropFirst(), value)
            return .object(object)
        case .array(var items):
            guard let index = Int(token), index <= items.count else { return self }
            let item = (index < items.count ? items[index] : [:]).setting(tokens.dropFirst(), value)
            items.replaceSubrange(index..<min(index + 1, items.count), with: item.map { [$0] } ?? [])
            return .array(items)
        case .null, .bool, .integer, .double, .string: return self
        }
    }
}

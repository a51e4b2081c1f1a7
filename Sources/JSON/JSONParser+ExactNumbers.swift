extension JSONParser {
    /// The same as `parse`, but numbers that are not written as 64-bit integers come as strings of their digits as they
    /// stand: for amounts of money, which a binary fraction would change. A string of the text cannot be told from them.
    package static func parseExactly(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        let value = try parse(bytes)
        // What was parsed is sound: outside of strings a digit or minus begins a number.
        var quoted: [UInt8] = []
        quoted.reserveCapacity(bytes.count + 32)
        var hasChanged = false
        var index = 0
        while index < bytes.count {
            let start = index
            switch bytes[index] {
            case 0x22:
                index += 1
                while index < bytes.count, bytes[index] != 0x22 { index += bytes[index] == 0x5C ? 2 : 1 }
                index = min(index + 1, bytes.count)
                quoted += bytes[start..<index]
            case 0x2D, 0x30...0x39:
                while index < bytes.count, isNumberByte(bytes[index]) { index += 1 }
                let number = bytes[start..<index]
                let isInteger = Int64(String(decoding: number, as: UTF8.self)) != nil
                hasChanged = hasChanged || !isInteger
                quoted += isInteger ? Array(number) : [0x22] + number + [0x22]
            default:
                quoted.append(bytes[index])
                index += 1
            }
        }
        return hasChanged ? try parse(quoted) : value
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x45, 0x65: true
        default: false
        }
    }
}

/// Why a text is not the JSON that we accept: where (a byte index) and what.
package struct JSONError: Error, Equatable, Sendable {
    package enum Reason: String, Sendable {
        case unexpectedByte, unexpectedEnd, trailingBytes, tooDeep, badNumber, badEscape, badUTF8, controlCharacter
        case duplicateName, loneSurrogate
    }
    package let reason: Reason
    package let index: Int
}

/// A strict reader of RFC 8259 text: UTF-8 only, no duplicate names, no lone surrogates, nested at most `maxDepth`.
/// Linear in the input; recursion is bounded by `maxDepth`.
package enum JSONParser {
    package static let maxDepth = 64

    /// The whole text as one value.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue { try parse(bytes.span.bytes) }

    package static func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }

    package static func parse(_ text: RawSpan) throws(JSONError) -> JSONValue {
        var cursor = 0
        let value = try value(text, &cursor, depth: 0)
        skipSpace(text, &cursor)
        guard cursor == text.byteCount else { throw JSONError(reason: .trailingBytes, index: cursor) }
        return value
    }

    // MARK: Values

    private static func value(_ text: RawSpan, _ cursor: inout Int, depth: Int) throws(JSONError) -> JSONValue {
        skipSpace(text, &cursor)
        switch peek(text, cursor) {
        case 0x7B: return .object(try object(text, &cursor, depth: depth + 1))
        case 0x5B: return .array(try array(text, &cursor, depth: depth + 1))
        case 0x22: return .string(try string(text, &cursor))
        case 0x74: try literal(text, &cursor, "true"); return .bool(true)
        case 0x66: try literal(text, &cursor, "false"); return .bool(false)
        case 0x6E: try literal(text, &cursor, "null"); return .null
        default: return try number(text, &cursor)
        }
    }

    private static func object(_ text: RawSpan, _ cursor: inout Int, depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= maxDepth else { throw JSONError(reason: .tooDeep, index: cursor) }
        cursor += 1
        skipSpace(text, &cursor)
        var object = JSONObject()
        if peek(text, cursor) == 0x7D { cursor += 1; return object }
        object.reserve(4)
        // Few members are compared one by one; a set takes over so that many cannot cost quadratic time.
        var names = Set<String>()
        while true {
            skipSpace(text, &cursor)
            let start = cursor
            let name = try string(text, &cursor)
            skipSpace(text, &cursor)
            try expect(text, &cursor, 0x3A)
            let member = try value(text, &cursor, depth: depth)
            let isNew: Bool
            if object.members.count < 8 {
                isNew = object[name] == nil
            } else {
                if names.isEmpty { names = Set(object.members.map(\.name)) }
                isNew = !names.contains(name)
                names.insert(name)
            }
            guard isNew else { throw JSONError(reason: .duplicateName, index: start) }
            object.append(name, member)
            skipSpace(text, &cursor)
            if try separator(text, &cursor, closing: 0x7D) { return object }
        }
    }

    private static func array(_ text: RawSpan, _ cursor: inout Int, depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= maxDepth else { throw JSONError(reason: .tooDeep, index: cursor) }
        cursor += 1
        skipSpace(text, &cursor)
        var items: [JSONValue] = []
        if peek(text, cursor) == 0x5D { cursor += 1; return items }
        while true {
            items.append(try value(text, &cursor, depth: depth))
            skipSpace(text, &cursor)
            if try separator(text, &cursor, closing: 0x5D) { return items }
        }
    }

    private static func number(_ text: RawSpan, _ cursor: inout Int) throws(JSONError) -> JSONValue {
        let start = cursor
        if peek(text, cursor) == 0x2D { cursor += 1 }
        guard let first = peek(text, cursor) else { throw JSONError(reason: .unexpectedEnd, index: cursor) }
        guard isDigit(first) else {
            throw JSONError(reason: start == cursor ? .unexpectedByte : .badNumber, index: cursor)
        }
        if first == 0x30 {
            cursor += 1
            if let next = peek(text, cursor), isDigit(next) { throw JSONError(reason: .badNumber, index: cursor) }
        } else {
            skipDigits(text, &cursor)
        }
        var isInteger = true
        if peek(text, cursor) == 0x2E {
            isInteger = false
            cursor += 1
            try requireDigits(text, &cursor)
        }
        if let next = peek(text, cursor), next | 0x20 == 0x65 {
            isInteger = false
            cursor += 1
            if let sign = peek(text, cursor), sign == 0x2B || sign == 0x2D { cursor += 1 }
            try requireDigits(text, &cursor)
        }
        if isInteger, let integer = integer(text, start..<cursor) { return .integer(integer) }
        let digits = string(text, start..<cursor)
        guard cursor - start <= 400, let double = Double(digits), double.isFinite else {
            throw JSONError(reason: .badNumber, index: start)
        }
        return .double(double)
    }

    // MARK: Strings

    /// The string that begins at `cursor`, without its escapes. Memory is taken once, when it is known how much; the usual
    /// string has no escapes and is copied as it stands.
    private static func string(_ text: RawSpan, _ cursor: inout Int) throws(JSONError) -> String {
        try expect(text, &cursor, 0x22)
        var unescaped: [UInt8] = []
        var run = cursor
        while true {
            guard let byte = peek(text, cursor) else { throw JSONError(reason: .unexpectedEnd, index: cursor) }
            switch byte {
            case 0x22:
                cursor += 1
                if unescaped.isEmpty { return string(text, run..<(cursor - 1)) }
                append(text, run..<(cursor - 1), &unescaped)
                return String(decoding: unescaped, as: UTF8.self)
            case 0x5C:
                append(text, run..<cursor, &unescaped)
                cursor += 1
                try escape(text, &cursor, &unescaped)
                run = cursor
            case 0..<0x20: throw JSONError(reason: .controlCharacter, index: cursor)
            case 0x20..<0x80: cursor += 1
            default:
                guard let length = scalarLength(text, at: cursor) else {
                    throw JSONError(reason: .badUTF8, index: cursor)
                }
                cursor += length
            }
        }
    }

    private static func escape(_ text: RawSpan, _ cursor: inout Int, _ out: inout [UInt8]) throws(JSONError) {
        guard let byte = peek(text, cursor) else { throw JSONError(reason: .unexpectedEnd, index: cursor) }
        cursor += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: out.append(byte)
        case 0x62: out.append(0x08)
        case 0x66: out.append(0x0C)
        case 0x6E: out.append(0x0A)
        case 0x72: out.append(0x0D)
        case 0x74: out.append(0x09)
        case 0x75:
            let start = cursor
            var code = try hexadecimal(text, &cursor)
            if code & 0xFC00 == 0xD800, peek(text, cursor) == 0x5C, peek(text, cursor + 1) == 0x75 {
                cursor += 2
                let low = try hexadecimal(text, &cursor)
                guard low & 0xFC00 == 0xDC00 else { throw JSONError(reason: .loneSurrogate, index: start) }
                code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else { throw JSONError(reason: .loneSurrogate, index: start) }
            out.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
        default: throw JSONError(reason: .badEscape, index: cursor - 1)
        }
    }

    private static func hexadecimal(_ text: RawSpan, _ cursor: inout Int) throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(text, cursor) else { throw JSONError(reason: .unexpectedEnd, index: cursor) }
            switch byte {
            case 0x30...0x39: code = code << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: code = code << 4 | UInt32(byte - 0x41 + 10)
            case 0x61...0x66: code = code << 4 | UInt32(byte - 0x61 + 10)
            default: throw JSONError(reason: .badEscape, index: cursor)
            }
            cursor += 1
        }
        return code
    }

    /// The length of the UTF-8 scalar at `index` (first byte ≥ 0x80), checked against RFC 3629; nil when it is none.
    static func scalarLength(_ text: RawSpan, at index: Int) -> Int? {
        let length: Int
        let second: ClosedRange<UInt8>
        switch peek(text, index) {
        case .some(0xC2...0xDF): (length, second) = (2, 0x80...0xBF)
        case .some(0xE0): (length, second) = (3, 0xA0...0xBF)
        case .some(0xED): (length, second) = (3, 0x80...0x9F)
        case .some(0xE1...0xEF): (length, second) = (3, 0x80...0xBF)
        case .some(0xF0): (length, second) = (4, 0x90...0xBF)
        case .some(0xF1...0xF3): (length, second) = (4, 0x80...0xBF)
        case .some(0xF4): (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard let next = peek(text, index + 1), second.contains(next) else { return nil }
        for offset in stride(from: 2, to: length, by: 1) {
            guard let next = peek(text, index + offset), 0x80...0xBF ~= next else { return nil }
        }
        return length
    }

    // MARK: Bytes

    @inline(__always)
    private static func peek(_ text: RawSpan, _ index: Int) -> UInt8? {
        index < text.byteCount ? text.unsafeLoad(fromByteOffset: index, as: UInt8.self) : nil
    }

    private static func skipSpace(_ text: RawSpan, _ cursor: inout Int) {
        while let byte = peek(text, cursor), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            cursor += 1
        }
    }

    private static func expect(_ text: RawSpan, _ cursor: inout Int, _ byte: UInt8) throws(JSONError) {
        guard let next = peek(text, cursor) else { throw JSONError(reason: .unexpectedEnd, index: cursor) }
        guard next == byte else { throw JSONError(reason: .unexpectedByte, index: cursor) }
        cursor += 1
    }

    /// Moves past a comma (false) or the closing byte (true).
    private static func separator(_ text: RawSpan, _ cursor: inout Int, closing: UInt8) throws(JSONError) -> Bool {
        guard let next = peek(text, cursor) else { throw JSONError(reason: .unexpectedEnd, index: cursor) }
        guard next == 0x2C || next == closing else { throw JSONError(reason: .unexpectedByte, index: cursor) }
        cursor += 1
        return next == closing
    }

    private static func literal(_ text: RawSpan, _ cursor: inout Int, _ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount {
            let expected = word.withUTF8Buffer { $0[offset] }
            try expect(text, &cursor, expected)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func skipDigits(_ text: RawSpan, _ cursor: inout Int) {
        while let byte = peek(text, cursor), isDigit(byte) { cursor += 1 }
    }

    private static func requireDigits(_ text: RawSpan, _ cursor: inout Int) throws(JSONError) {
        guard let byte = peek(text, cursor), isDigit(byte) else { throw JSONError(reason: .badNumber, index: cursor) }
        skipDigits(text, &cursor)
    }

    private static func string(_ text: RawSpan, _ range: Range<Int>) -> String {
        text.extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of an optional minus and digits; nil when it does not fit.
    private static func integer(_ text: RawSpan, _ range: Range<Int>) -> Int64? {
        let isNegative = peek(text, range.lowerBound) == 0x2D
        var value: Int64 = 0
        for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
            guard let byte = peek(text, index) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte &- 0x30)
            // Towards the sign, so that the least value fits.
            let (sum, overflowed) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow, !overflowed else { return nil }
            value = sum
        }
        return value
    }

    private static func append(_ text: RawSpan, _ range: Range<Int>, _ out: inout [UInt8]) {
        guard !range.isEmpty else { return }
        text.extracting(range).withUnsafeBytes { out.append(contentsOf: $0) }
    }
}

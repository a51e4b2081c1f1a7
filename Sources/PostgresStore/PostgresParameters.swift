internal import Primitives

/// The parameters of one statement in PostgreSQL's binary form, in one owned piece of memory.
struct PostgresParameters {
    /// Starts with one unused byte, so that an empty value has an address, too (a null pointer would mean NULL).
    private var arena: [UInt8] = [0]
    /// Where each value lies; nil is NULL.
    private var ranges: [Range<Int>?] = []

    init() {}

    var count: Int { ranges.count }
    var byteCount: Int { arena.count }

    // MARK: Scalars

    mutating func add(_ value: Int64) { addValue { $0.appendBigEndian(value) } }
    mutating func add(_ value: Int32) { addValue { $0.appendBigEndian(value) } }
    mutating func add(_ value: Bool) { addValue { $0.append(value ? 1 : 0) } }
    mutating func add(_ value: Timestamp) { add(value.sincePostgresEpoch) }
    mutating func add(_ value: String) { addValue { $0.appendText(value) } }
    mutating func add(_ value: [UInt8]) { addValue { $0.append(contentsOf: value) } }
    mutating func addNull() { ranges.append(nil) }

    mutating func add(_ value: Int64?) { if let value { add(value) } else { addNull() } }
    mutating func add(_ value: Bool?) { if let value { add(value) } else { addNull() } }
    mutating func add(_ value: Timestamp?) { if let value { add(value) } else { addNull() } }
    mutating func add(_ value: String?) { if let value { add(value) } else { addNull() } }
    mutating func add(_ value: [UInt8]?) { if let value { add(value) } else { addNull() } }

    // MARK: Arrays

    mutating func add(_ values: [Int16]) {
        addArray(of: .int2, values.count) { arena, index in
            arena.appendBigEndian(Int32(2))
            arena.appendBigEndian(values[index])
        }
    }

    mutating func add(_ values: [Int32]) {
        addArray(of: .int4, values.count) { arena, index in
            arena.appendBigEndian(Int32(4))
            arena.appendBigEndian(values[index])
        }
    }

    mutating func add(_ values: [Int64]) {
        addArray(of: .int8, values.count) { arena, index in
            arena.appendBigEndian(Int32(8))
            arena.appendBigEndian(values[index])
        }
    }

    mutating func add(_ values: [Int64?]) {
        addArray(of: .int8, values.count) { arena, index in
            guard let value = values[index] else { return arena.appendBigEndian(Int32(-1)) }
            arena.appendBigEndian(Int32(8))
            arena.appendBigEndian(value)
        }
    }

    mutating func add(_ values: [Bool]) {
        addArray(of: .bool, values.count) { arena, index in
            arena.appendBigEndian(Int32(1))
            arena.append(values[index] ? 1 : 0)
        }
    }

    mutating func add(_ values: [Timestamp?]) {
        addArray(of: .timestamptz, values.count) { arena, index in
            guard let value = values[index] else { return arena.appendBigEndian(Int32(-1)) }
            arena.appendBigEndian(Int32(8))
            arena.appendBigEndian(value.sincePostgresEpoch)
        }
    }

    mutating func add(_ values: [String?]) {
        addArray(of: .text, values.count) { arena, index in
            guard let value = values[index] else { return arena.appendBigEndian(Int32(-1)) }
            arena.appendSized { $0.appendText(value) }
        }
    }

    mutating func add(_ values: [[UInt8]?]) {
        addArray(of: .bytea, values.count) { arena, index in
            guard let value = values[index] else { return arena.appendBigEndian(Int32(-1)) }
            arena.appendSized { $0.append(contentsOf: value) }
        }
    }

    // MARK: Handing over

    /// Calls `body` with what libpq takes. The pointers are valid inside `body` only; libpq copies what it sends.
    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> Result) -> Result {
        arena.withUnsafeBytes { arena in
            let base = arena.assumingMemoryBound(to: CChar.self).baseAddress
            let values = ranges.map { range in range.flatMap { range in base.map { $0 + range.lowerBound } } }
            let lengths = ranges.map { Int32(clamping: $0?.count ?? 0) }
            return body(values, lengths, [Int32](repeating: 1, count: ranges.count))
        }
    }

    private mutating func addValue(_ append: (inout [UInt8]) -> Void) {
        let start = arena.count
        append(&arena)
        ranges.append(start..<arena.count)
    }

    /// An array value: dimensions, a null flag, the element type, the length and the lower bound, then each element
    /// behind its length (`array_recv` in PostgreSQL's `arrayfuncs.c`).
    private mutating func addArray(
        of type: PostgresType, _ count: Int, _ appendElement: (inout [UInt8], Int) -> Void
    ) {
        addValue { arena in
            arena.appendBigEndian(Int32(count == 0 ? 0 : 1))
            arena.appendBigEndian(Int32(1))
            arena.appendBigEndian(type.rawValue)
            guard count > 0 else { return }
            arena.appendBigEndian(Int32(clamping: count))
            arena.appendBigEndian(Int32(1))
            for index in 0..<count { appendElement(&arena, index) }
        }
    }
}

/// Type numbers that never change (`pg_type.dat`).
enum PostgresType: Int32 {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case timestamptz = 1184
}

extension [UInt8] {
    fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// PostgreSQL's text cannot hold U+0000; it is kept as U+FFFD. Columns that must be exact are `bytea`.
    fileprivate mutating func appendText(_ text: String) {
        let start = count
        append(contentsOf: text.utf8)
        guard self[start...].contains(0) else { return }
        replaceSubrange(start..., with: self[start...].flatMap { $0 == 0 ? [0xEF, 0xBF, 0xBD] : [$0] })
    }

    fileprivate mutating func appendSized(_ append: (inout [UInt8]) -> Void) {
        let mark = count
        appendBigEndian(Int32(0))
        append(&self)
        let length = Int32(clamping: count - mark - 4)
        Swift.withUnsafeBytes(of: length.bigEndian) { bytes in
            for (index, byte) in bytes.enumerated() { self[mark + index] = byte }
        }
    }
}

extension Timestamp {
    /// Microseconds between 1970 and 2000, where PostgreSQL's times begin.
    private static var postgresEpoch: Int64 { 946_684_800_000_000 }

    /// PostgreSQL's binary form of this time. One that it cannot hold is refused by the server (22008).
    var sincePostgresEpoch: Int64 { microseconds.subtractingReportingOverflow(Self.postgresEpoch).partialValue }

    init(sincePostgresEpoch microseconds: Int64) {
        self.init(microseconds: microseconds.addingReportingOverflow(Self.postgresEpoch).partialValue)
    }
}

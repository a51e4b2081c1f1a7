internal import CPostgres
internal import Primitives

/// The rows that one statement gave back, in binary form. Owns libpq's result and frees it when it goes.
///
/// Never leaves its loop: it is not Sendable.
final class PostgresResult {
    private let handle: OpaquePointer

    /// Takes over `handle`.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var rowCount: Int { Int(PQntuples(handle)) }

    func isNull(_ row: Int, _ column: Int) -> Bool { cell(row, column) == nil }

    // MARK: Cells that must be there

    func int64(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> Int64 {
        guard let cell = cell(row, column) else { throw PostgresDecodingFailure() }
        switch cell.count {
        case 8: return Int64(bitPattern: bigEndian(cell))
        case 4: return Int64(Int32(truncatingIfNeeded: bigEndian(cell)))
        case 2: return Int64(Int16(truncatingIfNeeded: bigEndian(cell)))
        default: throw PostgresDecodingFailure()
        }
    }

    func bool(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> Bool {
        guard let cell = cell(row, column), cell.count == 1 else { throw PostgresDecodingFailure() }
        return cell[0] != 0
    }

    func timestamp(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> Timestamp {
        Timestamp(sincePostgresEpoch: try int64(row, column))
    }

    func text(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> String {
        guard let cell = cell(row, column) else { throw PostgresDecodingFailure() }
        return String(decoding: cell, as: UTF8.self)
    }

    func bytes(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> [UInt8] {
        guard let cell = cell(row, column) else { throw PostgresDecodingFailure() }
        return Array(cell)
    }

    /// A one-dimensional `text[]` without NULLs.
    func texts(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> [String] {
        try elements(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A one-dimensional `int8[]` without NULLs.
    func int64s(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> [Int64] {
        try elements(row, column).map { element throws(PostgresDecodingFailure) in
            guard element.count == 8 else { throw PostgresDecodingFailure() }
            return Int64(bitPattern: element.reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    /// The elements of a one-dimensional array without NULLs.
    private func elements(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> [UnsafeRawBufferPointer
        .SubSequence]
    {
        guard let cell = cell(row, column), cell.count >= 12 else { throw PostgresDecodingFailure() }
        let dimensions = integer(cell, at: 0)
        if dimensions == 0 { return [] }
        guard dimensions == 1, cell.count >= 20 else { throw PostgresDecodingFailure() }
        let count = Int(integer(cell, at: 12))
        guard count >= 0, count <= cell.count / 4 else { throw PostgresDecodingFailure() }
        var elements: [UnsafeRawBufferPointer.SubSequence] = []
        var at = 20
        for _ in 0..<count {
            guard at + 4 <= cell.count else { throw PostgresDecodingFailure() }
            let length = Int(integer(cell, at: at))
            at += 4
            guard length >= 0, length <= cell.count - at else { throw PostgresDecodingFailure() }
            elements.append(cell[at..<at + length])
            at += length
        }
        return elements
    }

    // MARK: Cells that may be NULL

    func optionalInt64(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> Int64? {
        isNull(row, column) ? nil : try int64(row, column)
    }

    func optionalTimestamp(_ row: Int, _ column: Int) throws(PostgresDecodingFailure) -> Timestamp? {
        isNull(row, column) ? nil : try timestamp(row, column)
    }

    func optionalText(_ row: Int, _ column: Int) -> String? {
        cell(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    func optionalBytes(_ row: Int, _ column: Int) -> [UInt8]? { cell(row, column).map { Array($0) } }

    // MARK: Raw

    /// The cell's bytes, which lie in the result: used before this object can go. Nil for NULL and for what is not
    /// there.
    private func cell(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard row >= 0, row < rowCount, column >= 0, column < Int(PQnfields(handle)) else { return nil }
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(handle, row, column) == 0, let value = PQgetvalue(handle, row, column) else { return nil }
        return UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(handle, row, column)))
    }

    private func bigEndian(_ bytes: UnsafeRawBufferPointer) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    private func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
        Int32(truncatingIfNeeded: bytes[offset..<offset + 4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

/// A row did not have the form that the statement promises: another release's table, or a broken one.
struct PostgresDecodingFailure: Error {}

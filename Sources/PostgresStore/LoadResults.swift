internal import Domain
internal import Ports

/// The five results of a load, decoded.
struct LoadResults {
    /// What there is at the address.
    enum Found: Equatable {
        case absent(StreamIdentity)
        case erased(offset: Int64, keyDigest: [UInt8]?)
        case present(StreamIdentity)
    }

    enum Checkpoint: Equatable {
        case none
        case sound(CheckpointRow)
        /// Its checksum is another one.
        case damaged

        var row: CheckpointRow? {
            switch self {
            case .sound(let row): row
            case .none, .damaged: nil
            }
        }
    }

    private let results: [PostgresResult]

    init(_ results: [PostgresResult]) { self.results = results }

    func session(newEpoch: () -> String) throws(PostgresDecodingFailure) -> Found {
        let row = results[0]
        guard row.rowCount == 1 else { throw PostgresDecodingFailure() }
        if let id = try row.optionalInt64(0, 0) {
            return .present(StreamIdentity(id: id, epoch: try row.text(0, 1)))
        }
        if let offset = try row.optionalInt64(0, 2) {
            return .erased(offset: offset, keyDigest: row.optionalBytes(0, 3))
        }
        return .absent(StreamIdentity(id: try row.int64(0, 4), epoch: newEpoch()))
    }

    func checkpoint() throws(PostgresDecodingFailure) -> Checkpoint { try Self.checkpoint(results[1]) }
    func tail() throws(PostgresDecodingFailure) -> [LogRecord] { try Self.records(results[2]) }
    func answers() throws(PostgresDecodingFailure) -> [StoredAnswer] { try Self.answers(results[3]) }

    func openReply() throws(PostgresDecodingFailure) -> OpenReplyRow? {
        results[4].rowCount == 0
            ? nil : OpenReplyRow(reply: try results[4].text(0, 0), text: try results[4].text(0, 1))
    }

    // MARK: One result

    static func checkpoint(_ result: PostgresResult?) throws(PostgresDecodingFailure) -> Checkpoint {
        guard let result, result.rowCount > 0 else { return .none }
        guard let format = Int16(exactly: try result.int64(0, 1)) else { throw PostgresDecodingFailure() }
        let row = CheckpointRow(offset: try result.int64(0, 0), format: format, state: try result.bytes(0, 3))
        return Int64(row.crc) == (try result.int64(0, 2)) ? .sound(row) : .damaged
    }

    static func records(_ result: PostgresResult?) throws(PostgresDecodingFailure) -> [LogRecord] {
        guard let result else { throw PostgresDecodingFailure() }
        var records: [LogRecord] = []
        records.reserveCapacity(result.rowCount)
        for row in 0..<result.rowCount {
            records.append(
                LogRecord(
                    offset: try result.int64(row, 0), name: try result.text(row, 1), at: try result.timestamp(row, 2),
                    data: try result.bytes(row, 3)))
        }
        return records
    }

    static func answers(_ result: PostgresResult?) throws(PostgresDecodingFailure) -> [StoredAnswer] {
        guard let result else { throw PostgresDecodingFailure() }
        var answers: [StoredAnswer] = []
        for row in 0..<result.rowCount {
            answers.append(
                StoredAnswer(
                    key: try result.text(row, 0), fingerprint: try result.bytes(row, 1),
                    offset: try result.int64(row, 2), body: try result.bytes(row, 3)))
        }
        return answers
    }

    static func letters(_ result: PostgresResult?, limit: Int) throws(PostgresDecodingFailure) -> LetterPage {
        guard let result else { throw PostgresDecodingFailure() }
        var letters: [LetterRow] = []
        var last: LetterPlace?
        for row in 0..<result.rowCount {
            let place = LetterPlace(
                stream: try result.int64(row, 0), offset: try result.int64(row, 1),
                index: Int32(clamping: try result.int64(row, 2)))
            last = place
            // To a kind of a later release: it stays for that.
            guard let kind = SessionKind(rawValue: try result.text(row, 4)) else { continue }
            letters.append(
                LetterRow(
                    place: place,
                    target: SessionAddress(
                        tenant: try result.text(row, 3), kind: kind, id: try result.text(row, 5)),
                    command: try result.text(row, 6), data: try result.bytes(row, 7),
                    createdAt: try result.timestamp(row, 8)))
        }
        return LetterPage(letters: letters, next: result.rowCount < limit ? nil : last)
    }

    static func addresses(_ result: PostgresResult?) throws(PostgresDecodingFailure) -> [SessionAddress] {
        guard let result else { throw PostgresDecodingFailure() }
        var addresses: [SessionAddress] = []
        for row in 0..<result.rowCount {
            guard let kind = SessionKind(rawValue: try result.text(row, 2)) else { continue }
            addresses.append(
                SessionAddress(tenant: try result.text(row, 1), kind: kind, id: try result.text(row, 3)))
        }
        return addresses
    }
}

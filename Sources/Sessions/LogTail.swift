internal import Ports

/// The newest records of a session, for those who resume from a recent position. Bounded in records and bytes.
struct LogTail {
    static let maxRecords = 512
    static let maxBytes = 256 * 1024

    private var records: [LogRecord] = []
    private var first = 0
    private var bytes = 0
    /// The newest offset that is not in the tail any more.
    private(set) var floor: Int64

    /// `floor`: the offset that the first appended record follows.
    init(floor: Int64) { self.floor = floor }

    mutating func append(_ record: LogRecord) {
        records.append(record)
        bytes += record.data.count
        while first < records.count - 1, records.count - first > Self.maxRecords || bytes > Self.maxBytes {
            bytes -= records[first].data.count
            floor = records[first].offset
            first += 1
        }
        // What left the tail is freed once it is the greater part: seldom enough to be cheap, often enough not to hold on
        // to records of any size.
        if first > records.count / 2 {
            records.removeFirst(first)
            first = 0
        }
    }

    /// Records in memory, also those that are not given any more.
    var heldRecords: Int { records.count }

    /// The records after `offset`, or nil when some of them are no longer here.
    func records(after offset: Int64) -> ArraySlice<LogRecord>? {
        guard offset >= floor else { return nil }
        let skipped = Int(clamping: offset - floor)
        return records[min(first + skipped, records.count)...]
    }
}

internal import JSON

/// A session's log as the server has it in the end: what clients were told is held against it.
struct SessionJournal {
    struct Entry: Equatable {
        let offset: Int64
        let name: String
        /// Of a message of ours: its number.
        var mark: Int?
    }

    /// Entries on either side of a place that are shown with a finding.
    static let excerptReach: Int64 = 3

    var epoch: String
    var entries: [Entry]

    init(epoch: String, entries: [Entry] = []) {
        self.epoch = epoch
        self.entries = entries
    }

    var last: Int64 { entries.last?.offset ?? 0 }

    /// Adds a page of `GET /v1/sessions/{kind}/{id}/log`.
    mutating func append(page: JSONValue) {
        epoch = page["epoch"]?.string ?? epoch
        for event in page["events"]?.array ?? [] {
            guard let offset = event["offset"]?.integer, let name = event["name"]?.string else { continue }
            entries.append(Entry(offset: offset, name: name, mark: MessageMark.of(event["data"])))
        }
    }

    func excerpt(around offset: Int64) -> [(offset: Int64, name: String)] {
        // At the end of the journal for what lies behind it.
        let place = min(max(offset, entries.first?.offset ?? 0), last)
        return entries.filter { abs($0.offset - place) <= Self.excerptReach }.map { ($0.offset, $0.name) }
    }
}

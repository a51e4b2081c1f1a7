internal import HTTP1
internal import JSON
internal import Primitives

/// One event of a session's log, with what it says.
struct JournalEvent {
    let offset: Int64
    let name: String
    let data: JSONValue
}

/// A session's log as the server has it in the end.
struct SessionLog {
    /// Empty: there is no such session.
    var epoch = ""
    var events: [JournalEvent] = []

    /// For the audit of what clients were shown.
    var journal: SessionJournal {
        SessionJournal(
            epoch: epoch,
            entries: events.map { event in
                SessionJournal.Entry(offset: event.offset, name: event.name, mark: MessageMark.of(event.data))
            })
    }

    /// Offset and name of those around `offset`, for a finding.
    func excerpt(around offset: Int64) -> [(offset: Int64, name: String)] {
        events.filter { abs($0.offset - offset) <= SessionJournal.excerptReach }.map { ($0.offset, $0.name) }
    }
}

/// Reads the logs of many sessions of one tenant at once (`GET /v1/sessions/{kind}/{id}/log`).
struct JournalReader {
    /// Events of one page: the most that the server gives.
    static let pageEvents = 500
    /// Of one page, until a server that is being replaced answers again.
    static let pageTimeout = Duration.seconds(30)

    let pool: HTTPPool
    let token: Secret

    /// The whole log of each of `sessions`, with all that it says.
    func logs(of sessions: [String]) throws(LoadFailure) -> [SessionLog] {
        var logs = [SessionLog](repeating: SessionLog(), count: sessions.count)
        try readPages(of: sessions) { index, page in
            logs[index].epoch = page["epoch"]?.string ?? ""
            logs[index].events += (page["events"]?.array ?? []).compactMap(Self.event)
        }
        return logs
    }

    /// The whole log of each of `sessions`, as the oracle wants it; nil where there is no such session.
    func journals(of sessions: [String]) throws(LoadFailure) -> [SessionJournal?] {
        var journals = [SessionJournal?](repeating: nil, count: sessions.count)
        try readPages(of: sessions) { index, page in
            var journal = journals[index] ?? SessionJournal(epoch: "")
            // One owner, so that its entries are not copied with each page.
            journals[index] = nil
            journal.append(page: page)
            journals[index] = journal
        }
        return journals
    }

    private func readPages(
        of sessions: [String], _ take: (_ index: Int, _ page: JSONValue) -> Void
    ) throws(LoadFailure) {
        var wanted = sessions.indices.map { (index: $0, after: Int64(0)) }
        while !wanted.isEmpty {
            var calls: [HTTPCall] = []
            for page in wanted {
                let log = "/v1/sessions/\(sessions[page.index])/log"
                calls.append(
                    try HTTPCall(.get, "\(log)?after=\(page.after)&limit=\(Self.pageEvents)", token: token))
            }
            let answers = try pool.answers(to: calls, within: Self.pageTimeout)
            var next: [(index: Int, after: Int64)] = []
            for (page, answer) in zip(wanted, answers) where answer.status != 404 {
                guard answer.isSuccess else {
                    throw LoadFailure(
                        .unavailable, "the log of \(sessions[page.index]) was answered with \(answer.status)")
                }
                let json = answer.json
                take(page.index, json)
                // A page that does not go on would be asked for forever.
                if let after = json["next"]?.integer, after > page.after { next.append((page.index, after)) }
            }
            wanted = next
        }
    }

    private static func event(_ json: JSONValue) -> JournalEvent? {
        guard let offset = json["offset"]?.integer, let name = json["name"]?.string else { return nil }
        return JournalEvent(offset: offset, name: name, data: json["data"] ?? .null)
    }
}

extension SessionOracle {
    /// Holds what clients were shown of `session` against its log, once they have had until `deadline` to be shown its end.
    /// - Parameter reader: reads it again when clients were shown more meanwhile.
    func audit(
        _ session: String, _ log: SessionLog, by deadline: Instant, _ reader: JournalReader, _ run: RunContext
    ) throws(LoadFailure) {
        guard let record = records[session] else { return }
        try audit(record, log.journal, by: deadline, reader, run)
    }
}

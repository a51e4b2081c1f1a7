internal import Primitives

extension SessionOracle {
    /// In all, for those who have not been shown the end of a journal: more may have come since all was quiet.
    static let catchUpTimeout = Duration.seconds(5)

    /// Journals that are held at once.
    static let journalBatch = 256
    /// Of one journal: what is not in the last one was never there.
    static let maxReadings = 4
    /// Connections that read them.
    static let readers = 8

    /// Reads every session's journal and reports to the run's oracle what does not fit.
    func reconcile(_ run: RunContext) throws(LoadFailure) {
        let pool = HTTPPool(to: run.target.http, driver: run.driver, connections: Self.readers)
        defer { pool.close() }
        let reader = JournalReader(pool: pool, token: run.target.facts.service)
        let deadline = run.driver.now.advanced(by: Self.catchUpTimeout)
        let all = records.values.sorted { $0.name < $1.name }
        for start in stride(from: 0, to: all.count, by: Self.journalBatch) {
            let batch = all[start..<min(start + Self.journalBatch, all.count)]
            for (record, log) in zip(batch, try reader.logs(of: batch.map(\.name))) {
                guard !log.epoch.isEmpty else {
                    reportMissing(record, to: run.oracle)
                    continue
                }
                try audit(record, log.journal, by: deadline, reader, run)
            }
        }
    }

    /// Waits until everybody has been shown the end of the journal. Who is shown more than that makes it be read again: a notice
    /// may have come since.
    func audit(
        _ record: SessionRecord, _ journal: SessionJournal, by deadline: Instant, _ reader: JournalReader,
        _ run: RunContext
    ) throws(LoadFailure) {
        var journal = journal
        for reading in 1...Self.maxReadings {
            run.driver.settle(atMost: max(.zero, deadline.since(run.driver.now))) {
                record.followers.allSatisfy {
                    ($0.trail?.known ?? 0) >= journal.last || $0.isOff || $0.mode != .all
                }
            }
            guard record.newest > journal.last, reading < Self.maxReadings else { break }
            journal = try reader.journals(of: [record.name])[0] ?? journal
        }
        audit(record, journal, into: run.oracle)
    }

    /// The server knows nothing of the session.
    private func reportMissing(_ record: SessionRecord, to oracle: Oracle) {
        oracle.checked()
        guard record.newest > 0 || !record.epoch.isEmpty else { return }
        oracle.report(
            Oracle.Finding(
                kind: .lost, session: record.name,
                detail: "clients were told offsets up to \(record.newest) of a session that does not exist"))
    }
}

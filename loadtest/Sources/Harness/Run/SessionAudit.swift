/// One session at the end of a run: clients' trails, acknowledged commands and the journal have to tell the same story.
struct SessionAudit {
    let record: SessionRecord
    let journal: SessionJournal
    let sessions: SessionOracle
    let oracle: Oracle

    func run() {
        for offence in record.offences { report(offence.kind, at: offence.offset, offence.detail) }
        reportUnkept()
        oracle.checked()
        guard isSameHistory else {
            return report(
                .lost, at: record.newest,
                "clients were told offsets up to \(record.newest) of \(record.epoch); the journal is \(journal.epoch)")
        }
        checkJournal()
        let entries = Dictionary(journal.entries.map { ($0.offset, $0) }, uniquingKeysWith: { first, _ in first })
        checkAcknowledged(entries)
        checkSightings(entries)
        for follower in record.followers { check(follower) }
    }

    /// Offences beyond those that are kept.
    private func reportUnkept() {
        for (kind, count) in record.offenceCounts {
            let kept = record.offences.count { $0.kind == kind }
            for _ in kept..<max(kept, count) { report(kind, at: record.newest, "more of the same in this session") }
        }
    }

    private var isSameHistory: Bool { record.epoch.isEmpty || record.epoch == journal.epoch || record.newest == 0 }

    /// The log is 1, 2, 3 … and has a message once.
    private func checkJournal() {
        var expected: Int64 = 1
        var places: [Int: Int64] = [:]
        for entry in journal.entries {
            if entry.offset > expected {
                report(.lost, at: entry.offset, "the journal has \(entry.offset) where \(expected) should be")
            } else if entry.offset < expected {
                report(.duplicated, at: entry.offset, "the journal has \(entry.offset) after \(expected - 1)")
            }
            expected = max(expected, entry.offset + 1)
            guard let mark = entry.mark else { continue }
            if let before = places.updateValue(entry.offset, forKey: mark) {
                report(
                    .duplicated, at: entry.offset,
                    "message \(mark) (key \(sessions.keyPrefix)\(mark)) is in the journal at \(before) and \(entry.offset)"
                )
            }
        }
        oracle.checked(journal.entries.count)
    }

    private func checkAcknowledged(_ entries: [Int64: SessionJournal.Entry]) {
        for command in record.acknowledged {
            let name = sessions.name(command.command)
            let what = "\(name) \(command.number) (key \(sessions.keyPrefix)\(command.number))"
            if let entry = entries[command.offset] {
                // What changed nothing is acknowledged at where the log stands.
                if name == "message.send", let mark = entry.mark, mark != command.number {
                    report(
                        .lost, at: command.offset,
                        "\(what) was acknowledged at offset \(command.offset), where the journal has message \(mark)")
                }
            } else {
                report(
                    .lost, at: command.offset,
                    "\(what) was acknowledged at offset \(command.offset), which the journal does not have")
            }
        }
        oracle.checked(record.acknowledged.count)
    }

    private func checkSightings(_ entries: [Int64: SessionJournal.Entry]) {
        record.forEachSighting { offset, sighting in check(sighting, at: offset, of: "clients were", entries) }
        for dissent in record.dissents {
            check(dissent.sighting, at: dissent.offset, of: "client \(dissent.client) was", entries)
        }
    }

    private func check(
        _ sighting: SessionRecord.Sighting, at offset: Int64, of whom: String, _ entries: [Int64: SessionJournal.Entry]
    ) {
        oracle.checked()
        let name = sessions.name(sighting.name)
        let shown = "\(whom) shown \(name)\(mark(sighting.mark)) at offset \(offset)"
        guard let entry = entries[offset] else {
            return report(.lost, at: offset, "\(shown), which the journal does not have")
        }
        guard entry.name != name || entry.mark != sighting.mark else { return }
        report(.lost, at: offset, "\(shown), where the journal has \(entry.name)\(mark(entry.mark))")
    }

    private func mark(_ mark: Int?) -> String { mark.map { " \($0)" } ?? "" }

    private func check(_ follower: Follower) {
        oracle.checked()
        if case .off(let why) = follower.state {
            // Who was told that the session is gone, or is none of theirs, sees no more of it.
            if why.hasPrefix("fault") {
                report(.stuck, at: 0, "client \(follower.client) could not subscribe: \(why)")
            }
            return checkHoles(follower)
        }
        guard let trail = follower.trail else {
            return report(.stuck, at: 0, "client \(follower.client) never had a snapshot (\(follower.state))")
        }
        if !follower.isCaughtUp, trail.known >= journal.last {
            report(
                .stuck, at: trail.known,
                "client \(follower.client), shown everything up to \(trail.known), did not come back (\(follower.state))"
            )
        }
        guard follower.mode == .all else { return }
        checkHoles(follower)
        if trail.known < journal.last {
            report(
                .stuck, at: trail.known,
                "client \(follower.client) was shown offsets up to \(trail.known) of \(journal.last) (\(follower.state))"
            )
        }
    }

    /// What came later than what was never shown.
    private func checkHoles(_ follower: Follower) {
        guard follower.mode == .all, let trail = follower.trail else { return }
        for hole in trail.holes {
            let range = hole.count == 1 ? "offset \(hole.lowerBound)" : "offsets \(hole.lowerBound)–\(hole.upperBound)"
            report(
                .lost, at: hole.lowerBound,
                "client \(follower.client) was never shown \(range), and was shown later ones up to \(trail.known)")
        }
    }

    private func report(_ kind: Oracle.Kind, at offset: Int64, _ detail: String) {
        oracle.report(
            Oracle.Finding(
                kind: kind, session: record.name, detail: detail, journal: journal.excerpt(around: offset)))
    }
}

internal import JSON

extension RunResults {
    /// Reads a document that `json` wrote; `name` is what faults call it. What follows from the rest (percentiles, `isMet`, the
    /// verdict) is worked out again.
    init(reading value: JSONValue, name: String) throws(LoadFailure) {
        let document = DocumentReader(value, name: name)
        guard try document["format"].text == Self.format else {
            throw document["format"].failure("is not \(Self.format): not the results of a run, or of another version's")
        }
        scenario = .object(try document["scenario"].object)
        startedAt = try document["startedAt"].text
        seconds = try document["seconds"].number
        target = try document["target"].text
        command = try document["command"].texts
        machine = try document["machine"].object
        server.pid = try document["server"]["pid"].ifPresent?.count
        server.version = try document["server"]["version"].ifPresent?.text
        generator = try Generator(document["generator"])
        for (stage, reader) in try document["stages"].members { stages[stage] = try Histogram(reader) }
        totals = try document["totals"].counts
        errors = try document["errors"].counts
        series = try RunSeries(document["series"])
        for event in try document["events"].items {
            events.append(Event(at: try event["at"].number, what: try event["what"].text))
        }
        for (figure, reader) in try document["figures"].members { figures[figure] = try reader.ifPresent?.number }
        oracle = try Audit(document["oracle"])
        for limit in try document["limits"].items { limits.append(try Limit(limit)) }
        failures = try document["failures"].texts
    }
}

extension DocumentReader {
    fileprivate var counts: [String: Int] {
        get throws(LoadFailure) {
            var counts: [String: Int] = [:]
            for (name, reader) in try members { counts[name] = try reader.count }
            return counts
        }
    }
}

extension RunResults.Generator {
    fileprivate init(_ document: DocumentReader) throws(LoadFailure) {
        processes = try document["processes"].count
        cpu = try document["cpu"].ifPresent?.number
        lateness = try Histogram(document["lateness"])
        isBottleneck = try document["isBottleneck"].bool
        why = try document["why"].texts
    }
}

extension RunResults.Audit {
    fileprivate init(_ document: DocumentReader) throws(LoadFailure) {
        checks = try document["checks"].count
        for kind in Oracle.Kind.allCases {
            let count = try document[kind.rawValue].count
            if count > 0 { counts[kind] = count }
        }
        for finding in try document["findings"].items { findings.append(try RunResults.Finding(finding)) }
    }
}

extension RunResults.Finding {
    fileprivate init(_ document: DocumentReader) throws(LoadFailure) {
        guard let kind = Oracle.Kind(rawValue: try document["kind"].text) else {
            throw document["kind"].failure("is none of the oracle's kinds")
        }
        var journal: [Entry] = []
        for entry in try document["journal"].items {
            journal.append(Entry(offset: try entry["offset"].integer, name: try entry["name"].text))
        }
        self.init(
            kind: kind, session: try document["session"].text, detail: try document["detail"].text, journal: journal)
    }
}

extension RunResults.Limit {
    fileprivate init(_ document: DocumentReader) throws(LoadFailure) {
        self.init(
            stage: try document["stage"].text, percentile: try document["percentile"].text,
            limit: try document["limit"].number, measured: try document["measured"].ifPresent?.number)
    }
}

extension RunSeries {
    fileprivate init(_ document: DocumentReader) throws(LoadFailure) {
        self.init(interval: try document["interval"].number)
        var columns: [String: [Double?]] = [:]
        for (name, reader) in try document["columns"].members { columns[name] = try reader.numbersOrNull }
        var stages: [String: [StagePoint]] = [:]
        for (name, reader) in try document["stages"].members { stages[name] = try StagePoint.all(reader) }
        for (row, second) in try document["seconds"].items.enumerated() {
            var values: [String: Double] = [:]
            for (name, column) in columns {
                guard column.indices.contains(row) else { throw document["columns"][name].failure("ends too early") }
                values[name] = column[row]
            }
            var points: [String: StagePoint] = [:]
            for (name, column) in stages {
                guard column.indices.contains(row) else { throw document["stages"][name].failure("ends too early") }
                points[name] = column[row]
            }
            let ended = try second.number
            guard ended > seconds.last ?? -.infinity else { throw second.failure("is not after the one before it") }
            append(ended, values, points)
        }
    }
}

extension RunSeries.StagePoint {
    fileprivate static func all(_ document: DocumentReader) throws(LoadFailure) -> [Self] {
        let (p50, p99) = (try document["p50"].numbersOrNull, try document["p99"].numbersOrNull)
        guard p50.count == p99.count else { throw document.failure("has more of one percentile than of the other") }
        let kept = try document["bucketsMicroseconds"].ifPresent?.items
        var points: [Self] = []
        for row in p50.indices {
            var buckets: [RunSeries.Bucket] = []
            if let kept, kept.indices.contains(row) {
                for pair in try kept[row].items {
                    buckets.append(
                        RunSeries.Bucket(
                            lowest: UInt32(clamping: try pair[0].count), count: UInt32(clamping: try pair[1].count)))
                }
            }
            points.append(Self(p50: p50[row], p99: p99[row], buckets: buckets))
        }
        return points
    }
}

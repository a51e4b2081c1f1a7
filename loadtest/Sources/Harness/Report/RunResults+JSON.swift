internal import JSON

extension RunResults {
    /// The document. `isPart`: of one of several processes, with what `merge` needs.
    func json(isPart: Bool = false) -> JSONValue {
        [
            "format": .string(Self.format), "scenario": scenario, "startedAt": .string(startedAt),
            "seconds": .double(seconds), "target": .string(target), "command": .array(command.map(JSONValue.string)),
            "machine": .object(machine), "server": server.json, "generator": generator.json,
            "stages": .object(
                stageNames.reduce(into: JSONObject()) { object, name in object[name] = stages[name]?.json }),
            "totals": Self.counts(totals), "errors": Self.counts(errors),
            "series": (isPart ? series : series.withoutBuckets).json,
            "events": .array(events.map { ["at": .double($0.at), "what": .string($0.what)] }),
            "figures": .object(
                figures.keys.sorted().reduce(into: JSONObject()) { object, name in
                    object[name] = figures[name].map { JSONValue.rounded($0) }
                }),
            "oracle": oracle.json, "limits": .array(limits.map(\.json)),
            "verdict": hasPassed ? "passed" : "failed", "failures": .array(failures.map(JSONValue.string)),
        ]
    }

    private static func counts(_ counts: [String: Int]) -> JSONValue {
        .object(
            counts.keys.sorted().reduce(into: JSONObject()) { object, name in
                object[name] = counts[name].map { .integer(Int64($0)) }
            })
    }
}

extension JSONValue {
    /// With three decimals: what people read, and no digits that mean nothing.
    static func rounded(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite else { return .null }
        return .double(abs(value) < 1e12 ? (value * 1000).rounded() / 1000 : value)
    }
}

extension RunResults.Server {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        object["pid"] = pid.map { .integer(Int64($0)) }
        object["version"] = version.map(JSONValue.string)
        return .object(object)
    }
}

extension RunResults.Generator {
    fileprivate var json: JSONValue {
        [
            "processes": .integer(Int64(processes)), "cpu": .rounded(cpu), "lateness": lateness.json,
            "isBottleneck": .bool(isBottleneck), "why": .array(why.map(JSONValue.string)),
        ]
    }
}

extension RunResults.Audit {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        object["checks"] = .integer(Int64(checks))
        for kind in Oracle.Kind.allCases { object[kind.rawValue] = .integer(Int64(counts[kind] ?? 0)) }
        object["findings"] = .array(
            findings.map { finding in
                [
                    "kind": .string(finding.kind.rawValue), "session": .string(finding.session),
                    "detail": .string(finding.detail),
                    "journal": .array(
                        finding.journal.map { ["offset": .integer($0.offset), "name": .string($0.name)] }),
                ]
            })
        return .object(object)
    }
}

extension RunResults.Limit {
    fileprivate var json: JSONValue {
        [
            "stage": .string(stage), "percentile": .string(percentile), "limit": .double(limit),
            "measured": measured.map(JSONValue.double) ?? .null, "isMet": .bool(isMet),
        ]
    }
}

extension RunSeries {
    fileprivate var json: JSONValue {
        var columns = JSONObject()
        for name in RunResults.inOrder(self.columns.keys, Self.rates + Self.gauges) {
            columns[name] = .array((self.columns[name] ?? []).map(JSONValue.rounded))
        }
        var stages = JSONObject()
        for name in RunResults.inOrder(self.stages.keys, RunResults.stageOrder) {
            stages[name] = Self.json(self.stages[name] ?? [])
        }
        return [
            "interval": .double(interval), "seconds": .array(seconds.map(JSONValue.rounded)),
            "columns": .object(columns), "stages": .object(stages),
        ]
    }

    private static func json(_ points: [StagePoint]) -> JSONValue {
        var object = JSONObject()
        object["p50"] = .array(points.map { .rounded($0.p50) })
        object["p99"] = .array(points.map { .rounded($0.p99) })
        if points.contains(where: { !$0.buckets.isEmpty }) {
            object["bucketsMicroseconds"] = .array(
                points.map { point in
                    .array(point.buckets.map { [.integer(Int64($0.lowest)), .integer(Int64($0.count))] })
                })
        }
        return .object(object)
    }
}

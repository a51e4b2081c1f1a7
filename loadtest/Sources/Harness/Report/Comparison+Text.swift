extension Comparison {
    private static let nameWidth = 30
    /// Figures that the conclusion names; the table has all.
    private static let maxNamed = 6

    /// A table for a terminal, of 80 columns.
    var text: String {
        var lines = ["A  \(Self.what(a))", "B  \(Self.what(b))", ""]
        lines += warnings.map { "warning: \($0)" }
        if !warnings.isEmpty { lines.append("") }
        lines.append(Self.row("", ["A", "B", "B / A"], ""))
        for row in rows {
            let values =
                [row.a, row.b].map { $0.map(row.words) ?? "-" } + [row.ratio.map { Words.fixed($0, 2) } ?? "-"]
            lines.append(Self.row("\(row.group) \(row.name)", values, Self.word(row.judgement)))
        }
        lines += ["", conclusion]
        return lines.joined(separator: "\n") + "\n"
    }

    var conclusion: String {
        var reasons: [String] = []
        if !worse.isEmpty {
            let names = worse.prefix(Self.maxNamed).map { "\($0.group) \($0.name)" }
            let more = worse.count - names.count
            let list = names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
            reasons.append("Worse by more than \(Words.percent(tolerance)): \(list).")
        }
        if !b.hasPassed { reasons.append("B has failed: \(b.failures.first ?? "")") }
        return reasons.isEmpty
            ? "Nothing is worse by more than \(Words.percent(tolerance))." : reasons.joined(separator: "\n")
    }

    static func word(_ judgement: Judgement) -> String {
        switch judgement {
        case .better: "better"
        case .same: ""
        case .worse: "WORSE"
        case .notJudged(let why): "(\(why))"
        }
    }

    private static func what(_ run: RunResults) -> String {
        "\(run.name), \(run.startedAt), \(Words.duration(seconds: run.seconds)), \(run.hasPassed ? "passed" : "FAILED")"
    }

    private static func row(_ name: String, _ cells: [String], _ word: String) -> String {
        let padded = name + String(repeating: " ", count: max(0, nameWidth - name.count))
        let widths = [13, 13, 8]
        let values = zip(cells, widths).map { String(repeating: " ", count: max(1, $1 - $0.count)) + $0 }.joined()
        return word.isEmpty ? padded + values : "\(padded)\(values)  \(word)"
    }
}

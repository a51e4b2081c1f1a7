extension RunResults {
    /// What people read at the end, on standard output.
    func show() {
        var table = Table()
        table.line("\(name): \(title)")
        let counts = totals.sorted { $0.key < $1.key }.map { ($0.key, Words.count($0.value)) }
        let all = counts + figures.sorted { $0.key < $1.key }.map { ($0.key, Words.number($0.value)) }
        for start in stride(from: 0, to: all.count, by: 4) {
            table.figures(all[start..<min(start + 4, all.count)].map { ($0.0, $0.1) })
        }
        let lateness = [("generator's lateness", generator.lateness)]
        table.latencies(stageNames.compactMap { name in stages[name].map { (name, $0) } } + lateness)
        for (name, count) in errors.sorted(by: { $0.key < $1.key }) { table.line("  \(Words.count(count)) × \(name)") }
        for finding in oracle.findings {
            table.line("  \(finding.kind.rawValue): \(finding.session): \(finding.detail)")
        }
        table.line("  \(Words.count(oracle.checks)) things were checked")
        for reason in generator.why { table.line("  The generator was the bottleneck: \(reason)") }
        for failure in failures { table.line("  FAILED: \(failure)") }
        table.line(hasPassed ? "passed" : "FAILED")
        table.show()
    }
}

/// One figure of a run, large.
struct Tile {
    let title: String
    let value: String
    var note = ""
    var isBad = false

    var markup: Markup {
        let detail: Markup = note.isEmpty ? "" : "<span>\(note)</span>"
        return isBad
            ? "<div class=\"bad\"><dt>\(title)</dt><dd><b>\(value)</b>\(detail)</dd></div>\n"
            : "<div><dt>\(title)</dt><dd><b>\(value)</b>\(detail)</dd></div>\n"
    }

    /// The stages that tell most about a run, the first that it has.
    private static let mainStages = [
        "message.ok", "message.event", "reply.first", "value", "slip.credit", "payment.done", "request", "resume",
        "connect",
    ]

    static func all(of results: RunResults) -> [Tile] {
        var tiles: [Tile] = []
        for (name, title) in [("acknowledged", "Acknowledged"), ("delivered", "Delivered")] {
            guard let total = results.totals[name], total > 0, results.seconds > 0 else { continue }
            // Totals have the warming up, too; a run that knows better says so.
            let rate = results.figures["\(name)/s"] ?? Double(total) / results.seconds
            let peak = results.series.maximum(name).map { "peak \(Words.number($0))/s, " } ?? ""
            tiles.append(
                Tile(
                    title: title, value: "\(Words.number(rate))/s",
                    note: "\(peak)\(Words.count(total)) in all"))
        }
        for stage in mainStages.filter({ results.stages[$0]?.count ?? 0 > 0 }).prefix(2) {
            guard let histogram = results.stages[stage], let p99 = histogram.percentile(0.99) else { continue }
            let p50 = histogram.percentile(0.5).map(Words.milliseconds) ?? "–"
            tiles.append(Tile(title: "\(stage), p99", value: Words.milliseconds(p99), note: "half within \(p50)"))
        }
        if let connections = results.series.maximum("connections") {
            tiles.append(Tile(title: "Connections", value: Words.number(connections), note: "open at most"))
        }
        if let cpu = results.series.mean("serverCPU"), let peak = results.series.maximum("serverCPU") {
            tiles.append(
                Tile(title: "Server CPU", value: Words.number(cpu), note: "cores, mean; peak \(Words.number(peak))"))
        }
        if let memory = results.series.maximum("serverMemory") {
            tiles.append(Tile(title: "Server memory", value: Words.bytes(memory * 1_048_576), note: "resident at most"))
        }
        let errors = results.errors.values.reduce(0, +)
        tiles.append(Tile(title: "Errors", value: Words.count(errors), note: "that clients met"))
        let broken = results.oracle.broken
        tiles.append(
            Tile(
                title: "Broken promises", value: results.oracle.checks + broken > 0 ? Words.count(broken) : "–",
                note: results.oracle.checks > 0
                    ? "in \(Words.many(results.oracle.checks, "check", "checks"))" : "nothing was checked",
                isBad: broken > 0))
        for name in results.figures.keys.sorted() where !name.hasSuffix("/s") {
            guard let figure = results.figures[name] else { continue }
            tiles.append(
                Tile(title: name, value: name.contains("bytes") ? Words.bytes(figure) : Words.number(figure)))
        }
        return tiles
    }
}

/// How a running load test looks in a terminal: lines of text, made from nothing but a snapshot.
enum LiveView {
    /// Columns and lines that are always enough room.
    static let width = 80
    private static let maxStages = 10
    private static let maxErrors = 3
    private static let barWidth = 30

    /// At most `width` columns each; `hasColour`: with ANSI colours, which take no column.
    static func lines(_ snapshot: LiveSnapshot, width: Int = width, hasColour: Bool = false) -> [String] {
        let style = Style(isOn: hasColour)
        var lines = [
            style.bold(clip(spread(clean(snapshot.name), clean(snapshot.target), width), width)),
            clip(progress(snapshot), width), clip(connections(snapshot), width),
        ]
        if !snapshot.stages.isEmpty {
            lines.append(
                style.dim(clip(row("latency", ["p50 now", "p99 now", "p99 so far", "count"]), width)))
            lines += snapshot.stages.prefix(maxStages).map { clip(row($0), width) }
            let more = snapshot.stages.count - maxStages
            if more > 0 { lines.append(clip("and \(Words.many(more, "stage", "stages")) more", width)) }
        }
        lines.append(clip(processes(snapshot), width))
        lines.append(style.alarm(clip(errors(snapshot), width), if: !snapshot.errors.isEmpty))
        lines.append(style.alarm(clip(oracle(snapshot), width), if: snapshot.broken > 0))
        if let event = snapshot.event {
            lines.append(clip("last event at \(Words.duration(seconds: event.at)): \(clean(event.what))", width))
        }
        return lines
    }

    /// The same in one line, for a log.
    static func line(_ snapshot: LiveSnapshot) -> String {
        var parts = ["\(clean(snapshot.name)): \(state(snapshot))"]
        parts.append("\(Words.count(snapshot.connections)) connections")
        parts += snapshot.rates.map { "\(clean($0.name)) \(Words.number($0.value))/s" }
        parts += snapshot.stages.compactMap { stage in
            stage.p99.map { "\(clean(stage.name)) p99 \(Words.milliseconds($0))" }
        }
        let errors = snapshot.errors.values.reduce(0, +)
        if errors > 0 { parts.append(Words.many(errors, "error", "errors")) }
        if snapshot.broken > 0 { parts.append(Words.many(snapshot.broken, "broken promise", "broken promises")) }
        return parts.joined(separator: ", ")
    }

    private static func progress(_ snapshot: LiveSnapshot) -> String {
        guard let length = snapshot.length, length > 0 else { return state(snapshot) }
        let share = min(max(snapshot.elapsed / length, 0), 1)
        let full = Int(share * Double(barWidth))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: barWidth - full)
        return "[\(bar)] \(right("\(Int(share * 100))", 3)) %  \(state(snapshot))"
    }

    /// `measuring, 18 s left of 30 s`.
    private static func state(_ snapshot: LiveSnapshot) -> String {
        let phase = snapshot.phase.rawValue
        guard let length = snapshot.length, length > 0 else {
            return snapshot.elapsed > 0 ? "\(phase), \(whole(snapshot.elapsed)) so far" : phase
        }
        let left = "\(whole(max(0, length - snapshot.elapsed))) left of \(whole(length))"
        switch snapshot.phase {
        case .measuring, .warming: return "\(phase), \(left)"
        // These end when they are done, not when their time is over.
        case .preparing, .connecting, .draining, .checking: return "\(phase), at most \(left)"
        }
    }

    private static func whole(_ seconds: Double) -> String { Words.duration(seconds: seconds.rounded()) }

    private static func connections(_ snapshot: LiveSnapshot) -> String {
        let wanted = snapshot.wantedConnections > 0 ? " of \(Words.count(snapshot.wantedConnections))" : ""
        let rates = snapshot.rates.map { "\(clean($0.name)) \(Words.number($0.value))/s" }
        return (["connections \(Words.count(snapshot.connections))\(wanted)"] + rates).joined(separator: "   ")
    }

    private static func row(_ stage: LiveSnapshot.Stage) -> String {
        let times = [stage.p50, stage.p99, stage.p99SoFar].map { $0.map(Words.milliseconds) ?? "-" }
        return row(clean(stage.name), times + [Words.count(Int(clamping: stage.count))])
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        left(name, 22) + cells.map { right($0, 14) }.joined()
    }

    private static func processes(_ snapshot: LiveSnapshot) -> String {
        var parts: [String] = []
        if let cpu = snapshot.serverCPU { parts.append("server \(Words.number(cpu)) cores") }
        if let memory = snapshot.serverMemory { parts.append(Words.bytes(memory * 1_048_576)) }
        if parts.isEmpty { parts = ["server: its process is not known"] }
        var own: [String] = []
        if let cpu = snapshot.generatorCPU { own.append("generator \(Words.number(cpu)) cores") }
        if let late = snapshot.lateness { own.append("\(Words.milliseconds(late)) late") }
        return parts.joined(separator: ", ") + (own.isEmpty ? "" : "   " + own.joined(separator: ", "))
    }

    private static func errors(_ snapshot: LiveSnapshot) -> String {
        guard !snapshot.errors.isEmpty else { return "errors none" }
        let worst = snapshot.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var text = "errors \(Words.count(snapshot.errors.values.reduce(0, +))): "
        text += worst.prefix(maxErrors).map { "\(clean($0.key)) x \(Words.count($0.value))" }.joined(separator: ", ")
        return worst.count > maxErrors ? text + " ..." : text
    }

    private static func oracle(_ snapshot: LiveSnapshot) -> String {
        "broken promises " + (snapshot.broken == 0 ? "none" : Words.count(snapshot.broken))
    }

    /// Names come from documents and servers: nothing in them may move the cursor.
    private static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.isPlain ? $0 : "?" }))
    }

    private static func spread(_ one: String, _ other: String, _ width: Int) -> String {
        one + String(repeating: " ", count: max(2, width - one.count - other.count)) + other
    }

    private static func clip(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + ">"
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// ANSI colours, or none.
    private struct Style {
        let isOn: Bool

        func bold(_ text: String) -> String { wrap(text, "1") }
        func dim(_ text: String) -> String { wrap(text, "2") }
        func alarm(_ text: String, if isAlarming: Bool) -> String { isAlarming ? wrap(text, "31") : text }
        private func wrap(_ text: String, _ code: String) -> String {
            isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
        }
    }
}

extension Unicode.Scalar.Properties {
    /// Neither a control character nor one that turns the direction of text.
    fileprivate var isPlain: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}

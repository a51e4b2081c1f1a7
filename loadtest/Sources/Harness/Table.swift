internal import CLinux

/// What a person reads on standard output.
struct Table {
    private(set) var text = ""

    mutating func line(_ text: String) { self.text += text + "\n" }

    mutating func figures(_ figures: [(name: String, value: String)]) {
        line("  " + figures.map { "\($0.name) \($0.value)" }.joined(separator: "   "))
    }

    /// A row a histogram, in milliseconds.
    mutating func latencies(_ rows: [(name: String, histogram: Histogram)]) {
        let names = ["p50", "p90", "p99", "p99.9", "max", "count"]
        line("  " + Self.right("ms", 26) + names.map { Self.right($0, 10) }.joined())
        for row in rows {
            let shares = [0.5, 0.9, 0.99, 0.999].map { row.histogram.percentile($0) } + [row.histogram.maximum]
            let cells = shares.map { $0.map { Self.number($0) } ?? "-" } + ["\(row.histogram.count)"]
            line("  " + Self.left(row.name, 26) + cells.map { Self.right($0, 10) }.joined())
        }
    }

    func show() { Self.show(text, on: 1) }

    /// Writes to a standard descriptor (1 or 2).
    static func show(_ text: String, on descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = sala_write_all(descriptor, bytes, bytes.count)
    }

    /// With two decimals.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let hundredths = Int64((abs(value) * 100).rounded())
        let fraction = hundredths % 100
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        return "\(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

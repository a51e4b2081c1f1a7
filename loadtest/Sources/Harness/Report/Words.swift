/// Numbers as people read them: three digits that mean something, thousands apart, units they know.
enum Words {
    /// `1,234,567`.
    static func count(_ value: Int) -> String { grouped("\(value.magnitude)", isNegative: value < 0) }

    /// Three significant digits below 1,000, whole above: `0.042`, `3.14`, `12.5`, `128`, `12,345`.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let size = abs(value)
        let decimals: Int =
            switch size {
            case 0: 0
            case ..<0.995: 3
            case ..<9.995: 2
            case ..<99.95: 1
            default: 0
            }
        return fixed(value, decimals, trimming: true)
    }

    /// Milliseconds below ten seconds, seconds above.
    static func milliseconds(_ value: Double) -> String {
        value < 10_000 ? "\(number(value)) ms" : "\(number(value / 1000)) s"
    }

    /// `12.5 %`.
    static func percent(_ share: Double) -> String { "\(number(share * 100)) %" }

    /// `640 KiB`, `1.2 GiB`.
    static func bytes(_ value: Double) -> String {
        var (size, unit) = (value, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while abs(size) >= 1024, unit < units.count - 1 { (size, unit) = (size / 1024, unit + 1) }
        return "\(number(size)) \(units[unit])"
    }

    /// `45 s`, `3 min 20 s`, `1 h 5 min`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        guard seconds >= 60 else { return "\(number(seconds)) s" }
        let whole = Int(seconds.rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
        return rest > 0 ? "\(minutes) min \(rest) s" : "\(minutes) min"
    }

    /// `1 connection`, `2 connections`.
    static func many(_ value: Int, _ one: String, _ several: String) -> String {
        "\(count(value)) \(value == 1 ? one : several)"
    }

    /// With so many decimals; `trimming` takes zeros at the end away. `value` is finite and below 10^15.
    static func fixed(_ value: Double, _ decimals: Int, trimming: Bool = false) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let whole = scaled / Int64(scale)
        var fraction = "\(scaled % Int64(scale))"
        fraction = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        if trimming { while fraction.hasSuffix("0") { fraction.removeLast() } }
        let isNegative = value < 0 && scaled > 0
        let digits = grouped("\(whole)", isNegative: isNegative)
        return decimals == 0 || fraction.isEmpty ? digits : "\(digits).\(fraction)"
    }

    private static func grouped(_ digits: String, isNegative: Bool) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return isNegative ? "-" + text : text
    }
}

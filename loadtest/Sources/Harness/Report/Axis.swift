internal import Glibc

/// One direction of a plot: which value stands where, and what is written beside it.
struct Axis {
    struct Tick {
        /// 0 (left, bottom) to 1.
        let position: Double
        let label: String
    }

    /// Positions closer than this have no room for two labels on a phone.
    private static let minLabelGap = 0.135

    /// What the numbers are, with the unit.
    let title: String
    let ticks: [Tick]
    private let place: (Double) -> Double?

    /// 0 to 1; what lies outside stands at the edge. nil: this axis cannot show it.
    func position(_ value: Double) -> Double? { value.isFinite ? place(value).map { min(max($0, 0), 1) } : nil }

    /// From 0 to a round number that `greatest` does not exceed.
    static func linear(_ title: String, upTo greatest: Double) -> Axis {
        let greatest = greatest.isFinite && greatest > 0 ? greatest : 1
        let step = roundUp(greatest / 5)
        let count = Int((greatest / step - 1e-9).rounded(.up))
        let end = Double(count) * step
        let ticks = (0...count).map { index in
            Tick(position: Double(index) / Double(count), label: Words.number(Double(index) * step))
        }
        return Axis(title: title, ticks: ticks) { $0 / end }
    }

    /// For what is spread over decades; both ends are positive.
    static func logarithmic(_ title: String, from least: Double, to greatest: Double) -> Axis {
        let lower = roundDown(least)
        let upper = max(roundUp(greatest), lower * 10)
        let (start, length) = (log10(lower), log10(upper / lower))
        var ticks: [Tick] = []
        for decade in Int(start.rounded(.down))...Int(log10(upper).rounded(.up)) {
            for digit in length > 4 ? [1.0] : length > 2.5 ? [1, 3] : [1, 2, 5] {
                let value = digit * pow(10, Double(decade))
                guard value >= lower * 0.999, value <= upper * 1.001 else { continue }
                ticks.append(Tick(position: (log10(value) - start) / length, label: Words.number(value)))
            }
        }
        return Axis(title: "\(title), log scale", ticks: ticks) { $0 > 0 ? (log10($0) - start) / length : 0 }
    }

    /// From 0 where the values are near each other, logarithmic where the small ones could not be seen otherwise.
    static func fitting(_ title: String, _ values: [Double]) -> Axis {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        guard let least = positive.min(), let greatest = positive.max(), greatest > least * 30 else {
            return linear(title, upTo: positive.max() ?? 0)
        }
        return logarithmic(title, from: least, to: greatest)
    }

    /// Seconds of a run.
    static func time(_ seconds: Double) -> Axis {
        let length = seconds.isFinite && seconds > 0 ? seconds : 1
        let steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
        let step = steps.first { length / $0 <= 6 } ?? (length / 6 / 3600).rounded(.up) * 3600
        let count = Int((length / step).rounded(.down))
        let isLong = length > 180
        let ticks = (0...count).map { index -> Tick in
            let value = Double(index) * step
            return Tick(
                position: value / length, label: isLong ? clock(value, inHours: length >= 3600) : Words.number(value))
        }
        let unit = length >= 3600 ? "hours:minutes" : isLong ? "minutes:seconds" : "seconds"
        return Axis(title: unit, ticks: ticks) { $0 / length }
    }

    /// Shares of all values, stretched towards the slowest: as much room from 90 to 99 % as from 99 to 99.9.
    static func percentiles(ofAtMost count: UInt64) -> Axis {
        // Beyond five nines labels would stand on each other; what is slower stands at the edge.
        let nines = min(max(log10(Double(max(count, 10))), 1), 5)
        var ticks: [Tick] = []
        let named: [(share: Double, label: String)] = [
            (0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99"),
            (0.99999, "99.999"),
        ]
        for (share, label) in named {
            let position = log10(1 / (1 - share)) / nines
            // Half of all tells more than the fastest of all, where there is room for one of them.
            if share == 0, log10(2) / nines < minLabelGap { continue }
            if position <= 1.001, position - (ticks.last?.position ?? -1) >= minLabelGap {
                ticks.append(Tick(position: min(position, 1), label: label))
            }
        }
        return Axis(title: "% of all were at most this slow (stretched towards the slowest)", ticks: ticks) { share in
            share >= 1 ? 1 : log10(1 / (1 - share)) / nines
        }
    }

    /// 1, 2 or 5 times a power of ten: not below `value`, which is positive.
    private static func roundUp(_ value: Double) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        let digit = [1.0, 2, 5, 10].first { $0 * power >= value * (1 - 1e-9) } ?? 10
        return digit * power
    }

    private static func roundDown(_ value: Double) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        let digit = [5.0, 2, 1].first { $0 * power <= value * (1 + 1e-9) } ?? 1
        return digit * power
    }

    private static func clock(_ seconds: Double, inHours: Bool) -> String {
        let whole = Int(seconds.rounded())
        let (high, low) = inHours ? (whole / 3600, whole / 60 % 60) : (whole / 60, whole % 60)
        return "\(high):\(low < 10 ? "0" : "")\(low)"
    }
}

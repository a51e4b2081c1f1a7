internal import Glibc
internal import JSON
internal import Primitives

/// Open arrivals: when each thing is meant to happen, decided before the run and whatever the server does. A latency measured
/// from these instants contains the time that a request had to wait to be sent (no coordinated omission).
struct Arrivals: Equatable {
    /// A second: more than one process of ours can do, and enough to overrun any server.
    static let maxRate: Double = 1_000_000

    /// Things a second over time; `at` seconds after the beginning.
    enum Shape: Equatable {
        case constant(rate: Double)
        /// Evenly from one rate to the other over the whole time.
        case ramp(from: Double, to: Double)
        /// Independent arrivals: exponential times between them.
        case poisson(rate: Double)
        /// `rate`, but `peak` from `at` on for `seconds`.
        case spike(rate: Double, peak: Double, at: Double, seconds: Double)
    }

    var shape: Shape

    /// How many arrivals are expected until `time` (seconds), when the whole takes `length` seconds: the integral of the rate.
    func expected(until time: Double, of length: Double) -> Double {
        let time = max(0, time)
        switch shape {
        case .constant(let rate), .poisson(let rate): return rate * time
        case .ramp(let from, let to):
            let within = min(time, length)
            let slope = length > 0 ? (to - from) / length : 0
            // Beyond its end a ramp stays where it came to.
            return from * within + slope * within * within / 2 + to * (time - within)
        case .spike(let rate, let peak, let at, let seconds):
            return rate * time + (peak - rate) * min(max(0, time - at), seconds)
        }
    }

    /// The average rate of a run of `length` seconds.
    func averageRate(of length: Double) -> Double { length > 0 ? expected(until: length, of: length) / length : 0 }

    /// The first moment (seconds) at which `count` arrivals are expected; nil: never.
    func time(of count: Double, of length: Double) -> Double? {
        guard count > 0 else { return 0 }
        func after(_ rest: Double, at rate: Double) -> Double? { rate > 0 ? rest / rate : nil }
        switch shape {
        case .constant(let rate), .poisson(let rate): return after(count, at: rate)
        case .ramp(let from, let to):
            let whole = expected(until: length, of: length)
            guard count <= whole else { return after(count - whole, at: to).map { length + $0 } }
            // from·t + slope/2·t² = count, in the form that does not cancel when the slope is small.
            let slope = (to - from) / length
            let root = (from * from + 2 * slope * count).squareRoot()
            return root.isNaN ? length : min(length, 2 * count / (from + root))
        case .spike(let rate, let peak, let at, let seconds):
            let before = rate * at
            if count <= before { return after(count, at: rate) }
            let within = peak * seconds
            if count <= before + within { return after(count - before, at: peak).map { at + $0 } }
            return after(count - before - within, at: rate).map { at + seconds + $0 }
        }
    }

    /// The seconds that a ramp of `count` things takes: at its average rate. Others have no length of their own.
    func length(for count: Int) -> Double {
        guard case .ramp(let from, let to) = shape, from + to > 0 else { return 0 }
        return 2 * Double(count) / (from + to)
    }

    /// Whether `count` things ever arrive.
    func canReach(_ count: Int) -> Bool { count == 0 || time(of: Double(count) - 0.5, of: length(for: count)) != nil }

    /// What comes at the beginning, for as long as it is wanted: a warm-up.
    var beginning: Arrivals {
        switch shape {
        case .constant, .poisson: self
        case .ramp(let from, _): Arrivals(shape: .constant(rate: from))
        case .spike(let rate, _, _, _): Arrivals(shape: .constant(rate: rate))
        }
    }

    /// With all rates `factor` times as high.
    func scaled(by factor: Double) -> Arrivals {
        switch shape {
        case .constant(let rate): Arrivals(shape: .constant(rate: rate * factor))
        case .poisson(let rate): Arrivals(shape: .poisson(rate: rate * factor))
        case .ramp(let from, let to): Arrivals(shape: .ramp(from: from * factor, to: to * factor))
        case .spike(let rate, let peak, let at, let seconds):
            Arrivals(shape: .spike(rate: rate * factor, peak: peak * factor, at: at, seconds: seconds))
        }
    }

    /// With all times `factor` times as long.
    func stretched(by factor: Double) -> Arrivals {
        guard case .spike(let rate, let peak, let at, let seconds) = shape else { return self }
        return Arrivals(shape: .spike(rate: rate, peak: peak, at: at * factor, seconds: seconds * factor))
    }
}

extension Arrivals {
    private enum Name: String, CaseIterable {
        case constant, ramp, poisson, spike
    }

    init(_ fields: ScenarioFields) throws(LoadFailure) {
        var fields = fields
        let rates = 0...Self.maxRate
        guard let name: Name = try fields.choice("shape") else { throw fields.failure("shape", "is missing") }
        switch name {
        case .constant: shape = .constant(rate: try fields.requiredNumber("rate", in: rates))
        case .poisson: shape = .poisson(rate: try fields.requiredNumber("rate", in: rates))
        case .ramp:
            shape = .ramp(
                from: try fields.requiredNumber("from", in: rates), to: try fields.requiredNumber("to", in: rates))
        case .spike:
            shape = .spike(
                rate: try fields.requiredNumber("rate", in: rates), peak: try fields.requiredNumber("peak", in: rates),
                at: try fields.requiredNumber("at", in: 0...Scenario.maxSeconds),
                seconds: try fields.requiredNumber("seconds", in: 0...Scenario.maxSeconds))
        }
        try fields.refuseOthers()
    }

    var json: JSONValue {
        switch shape {
        case .constant(let rate): ["shape": "constant", "rate": .double(rate)]
        case .poisson(let rate): ["shape": "poisson", "rate": .double(rate)]
        case .ramp(let from, let to): ["shape": "ramp", "from": .double(from), "to": .double(to)]
        case .spike(let rate, let peak, let at, let seconds):
            [
                "shape": "spike", "rate": .double(rate), "peak": .double(peak), "at": .double(at),
                "seconds": .double(seconds),
            ]
        }
    }
}

/// The moments of arrivals, one after the other: seconds after the beginning.
///
/// The k-th (from 1) is where the integral of the rate has come to k - ½, so that any stretch of time has as many as its rate says.
/// Poisson arrivals go on by exponential steps of mean 1 instead, which makes them a Poisson process of any rate.
struct ArrivalTimes: IteratorProtocol {
    private let arrivals: Arrivals
    private let length: Double
    private let random: any RandomSource
    /// The integral of the rate up to the last one.
    private var reached: Double

    /// `length`: the seconds over which a ramp goes.
    init(_ arrivals: Arrivals, length: Double, random: any RandomSource) {
        self.arrivals = arrivals
        self.length = length
        self.random = random
        if case .poisson = arrivals.shape { reached = 0 } else { reached = -0.5 }
    }

    /// Nil: nothing comes any more.
    mutating func next() -> Double? {
        if case .poisson = arrivals.shape { reached += Self.exponential(random) } else { reached += 1 }
        return arrivals.time(of: reached, of: length)
    }

    /// Of mean 1, by inversion; never infinite, since 53 bits make a number below 1.
    private static func exponential(_ random: any RandomSource) -> Double {
        let uniform = Double(random.uint64() >> 11) / 9_007_199_254_740_992
        return -log(1 - uniform)
    }
}

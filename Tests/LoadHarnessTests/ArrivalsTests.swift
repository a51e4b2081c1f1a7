import Primitives
import TestSupport
import Testing

@testable import LoadHarness

@Suite("Arrivals")
struct ArrivalsTests {
    /// The moments before `end` seconds of a run that is as long.
    private func times(_ shape: Arrivals.Shape, until end: Double, seed: UInt64 = 1) -> [Double] {
        var times = ArrivalTimes(Arrivals(shape: shape), length: end, random: SeededSource(seed: seed))
        var all: [Double] = []
        while let time = times.next(), time < end { all.append(time) }
        return all
    }

    @Test("A constant rate brings as many as it says, evenly")
    func constant() {
        let all = times(.constant(rate: 4), until: 10)
        #expect(all.count == 40 && all.first == 0.125)
        for (earlier, later) in zip(all, all.dropFirst()) { #expect(abs(later - earlier - 0.25) < 1e-9) }
    }

    @Test(
        "In each stretch of a run there are as many as the integral of the rate, to one",
        arguments: [
            Arrivals.Shape.constant(rate: 7.3), .ramp(from: 0, to: 100), .ramp(from: 100, to: 0),
            .ramp(from: 20, to: 20.0001),
            .spike(rate: 5, peak: 300, at: 3, seconds: 2), .spike(rate: 0, peak: 50, at: 1, seconds: 4),
            .spike(rate: 50, peak: 0, at: 2, seconds: 3),
        ])
    func integrals(_ shape: Arrivals.Shape) {
        let all = times(shape, until: 12)
        let arrivals = Arrivals(shape: shape)
        #expect(all == all.sorted())
        for step in 1...48 {
            let end = Double(step) / 4
            let count = Double(all.count { $0 < end })
            #expect(abs(count - arrivals.expected(until: end, of: 12)) <= 0.5 + 1e-6, "until \(end): \(count)")
        }
    }

    @Test("A spike's rate holds within it, and nowhere else")
    func spike() {
        let all = times(.spike(rate: 10, peak: 100, at: 4, seconds: 2), until: 10)
        #expect(all.count { $0 < 4 } == 40 && all.count { $0 >= 4 && $0 < 6 } == 200 && all.count { $0 >= 6 } == 40)
    }

    @Test("A ramp to nothing ends; one without a rate never begins")
    func ends() {
        var ramp = ArrivalTimes(Arrivals(shape: .ramp(from: 2, to: 0)), length: 10, random: SeededSource(seed: 1))
        var count = 0
        while ramp.next() != nil, count < 100 { count += 1 }
        #expect(count == 10)
        var none = ArrivalTimes(Arrivals(shape: .constant(rate: 0)), length: 10, random: SeededSource(seed: 1))
        #expect(none.next() == nil)
    }

    @Test("Poisson arrivals have exponential gaps: mean and deviation are the same", arguments: [1, 2, 3] as [UInt64])
    func poisson(seed: UInt64) {
        let all = times(.poisson(rate: 100), until: 200, seed: seed)
        // 20,000 are expected; the deviation of a Poisson count is its root, and five of them never happen.
        #expect(abs(Double(all.count) - 20_000) < 5 * 141.5, "seed \(seed): \(all.count)")
        let gaps = zip(all.dropFirst(), all).map(-)
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
        #expect(abs(variance.squareRoot() / mean - 1) < 0.05, "seed \(seed)")
        // The share of gaps beyond the mean is 1/e.
        #expect(abs(Double(gaps.count { $0 > mean }) / Double(gaps.count) - 0.3679) < 0.02, "seed \(seed)")
    }

    @Test("The same seed brings the same arrivals")
    func isRepeatable() {
        #expect(times(.poisson(rate: 10), until: 10, seed: 7) == times(.poisson(rate: 10), until: 10, seed: 7))
        #expect(times(.poisson(rate: 10), until: 10, seed: 7) != times(.poisson(rate: 10), until: 10, seed: 8))
    }

    @Test("A ramp of connections takes as long as its average rate needs")
    func lengths() {
        let ramp = Arrivals(shape: .ramp(from: 0, to: 100))
        #expect(ramp.length(for: 500) == 10 && ramp.canReach(500))
        let times = ArrivalTimes(ramp, length: ramp.length(for: 500), random: SeededSource(seed: 1))
        let all = Array(IteratorSequence(times).prefix(500))
        #expect(all.count == 500 && (all.last ?? 0) < 10 && (all.last ?? 0) > 9.9)
    }
}

@Suite("Agenda")
struct AgendaTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func times(_ rate: Double) -> ArrivalTimes {
        ArrivalTimes(Arrivals(shape: .constant(rate: rate)), length: 1, random: SeededSource(seed: 1))
    }

    @Test("Several sources are merged in the order of time, each numbered by itself")
    func merges() {
        var agenda = Agenda()
        var fired: [(String, Int, Instant)] = []
        agenda.add(times(2), from: start, count: 3) { fired.append(("slow", $0, $1)) }
        agenda.add(times(10), from: start, until: start.advanced(by: .milliseconds(500))) {
            fired.append(("fast", $0, $1))
        }
        agenda.add(at: start.advanced(by: .milliseconds(300))) { fired.append(("once", 0, Instant(nanoseconds: 0))) }
        var instants: [Instant] = []
        while let instant = agenda.next {
            instants.append(instant)
            #expect(agenda.fireNext() == instant)
        }
        #expect(instants == instants.sorted() && fired.count == 3 + 5 + 1)
        #expect(fired.filter { $0.0 == "slow" }.map(\.1) == [0, 1, 2])
        #expect(fired.filter { $0.0 == "fast" }.map(\.1) == [0, 1, 2, 3, 4])
        #expect(fired.first { $0.0 == "fast" }?.2 == start.advanced(by: .milliseconds(50)))
        #expect(agenda.fireNext() == nil)
    }

    @Test("What happens every so often happens until the end, and from the first time on")
    func periods() {
        var agenda = Agenda()
        agenda.add(at: start.advanced(by: .seconds(4)), every: .seconds(3), until: start.advanced(by: .seconds(13))) {}
        var instants: [Instant] = []
        while let instant = agenda.fireNext() { instants.append(instant) }
        #expect(instants == [4, 7, 10].map { start.advanced(by: .seconds($0)) })
    }

    @Test("What is fired may put more on another agenda, and is not fired again")
    func nothingTwice() {
        var agenda = Agenda()
        var count = 0
        agenda.add(at: start) { count += 1 }
        agenda.fireNext()
        agenda.fireNext()
        #expect(count == 1)
    }
}

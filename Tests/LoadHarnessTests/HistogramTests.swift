import Primitives
import Testing

@testable import LoadHarness

@Suite("Histogram")
struct HistogramTests {
    @Test("A percentile is right to a sixty-fourth of its value")
    func percentiles() throws {
        var histogram = Histogram()
        for microseconds in 1...100_000 { histogram.record(.microseconds(microseconds)) }
        for share in [0.5, 0.95, 0.99, 0.999] {
            let value = try #require(histogram.percentile(share))
            let exact = share * 100
            #expect(value >= exact && value <= exact * (1 + 1.0 / 64), "\(share): \(value)")
        }
        #expect(histogram.maximum == 100 && histogram.count == 100_000)
    }

    @Test("Nothing measured has no percentile")
    func empty() {
        let histogram = Histogram()
        #expect(histogram.percentile(0.5) == nil && histogram.maximum == nil && histogram.mean == nil)
    }

    @Test("Two merged are one that saw all values")
    func merging() {
        var (one, other, whole) = (Histogram(), Histogram(), Histogram())
        for value in 1...1000 {
            one.record(.microseconds(value))
            other.record(.microseconds(value * 77))
            whole.record(.microseconds(value))
            whole.record(.microseconds(value * 77))
        }
        one.merge(other)
        #expect(one == whole)
    }

    @Test("The curve rises to the whole and to the greatest value")
    func curve() throws {
        var histogram = Histogram()
        for value in [1, 1, 2, 5000, 1_000_000] { histogram.record(.microseconds(value)) }
        let curve = histogram.curve
        #expect(curve.map(\.share) == [0.4, 0.6, 0.8, 1])
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.milliseconds < $1.milliseconds })
        #expect(curve.last?.milliseconds == 1000)
    }
}

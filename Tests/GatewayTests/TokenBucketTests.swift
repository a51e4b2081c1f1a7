import Primitives
import Testing

@testable import Gateway

@Suite("Token bucket")
struct TokenBucketTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test func aBurstThenTheRate() {
        var bucket = TokenBucket(rate: 10, burst: 3)
        #expect((0..<3).allSatisfy { _ in bucket.take(at: start) == nil })
        let wait = bucket.take(at: start)
        #expect(wait.map { $0 > .milliseconds(99) && $0 <= .milliseconds(101) } == true)
        #expect(bucket.take(at: start.advanced(by: wait ?? .zero)) == nil, "after the wait that it names there is one")
        #expect(bucket.take(at: start.advanced(by: .milliseconds(101))) != nil)
    }

    @Test func aPauseFillsItNoFurtherThanTheBurst() {
        var bucket = TokenBucket(rate: 1_000, burst: 2)
        let later = start.advanced(by: .seconds(3_600))
        #expect(bucket.take(at: later) == nil && bucket.take(at: later) == nil && bucket.take(at: later) != nil)
    }

    @Test func overAnyTimeNoMoreThanBurstAndRate() {
        var bucket = TokenBucket(rate: 20, burst: 60)
        var taken = 0
        for step in 0..<10_000 where bucket.take(at: start.advanced(by: .milliseconds(step))) == nil { taken += 1 }
        #expect(taken >= 255 && taken <= 260)
    }

    @Test func aClockThatStandsStillOrASillyRateDoNoHarm() {
        var bucket = TokenBucket(rate: 0, burst: 0)
        #expect(bucket.take(at: Instant(nanoseconds: 0)) == nil)
        #expect(bucket.take(at: Instant(nanoseconds: 0)) != nil)
        #expect(bucket.take(at: start.advanced(by: .seconds(1))) == nil)
    }
}

import Testing

@testable import LoadHarness

@Suite("Trail")
struct TrailTests {
    @Test("One by one it knows everything, and has no holes")
    func whole() {
        var trail = Trail(known: 4)
        for offset in 5...1000 { #expect(trail.take(Int64(offset)) == .next) }
        #expect(trail.known == 1000 && trail.holes.isEmpty)
    }

    @Test("What is left out is a hole, until it comes late")
    func holes() {
        var trail = Trail(known: 0)
        #expect(trail.take(1) == .next)
        #expect(trail.take(6) == .gap(2...5))
        #expect(trail.take(7) == .next)
        #expect(trail.take(3) == .late)
        #expect(trail.holes == [2...2, 4...5])
        #expect(trail.take(5) == .late)
        #expect(trail.take(2) == .late)
        #expect(trail.take(4) == .late)
        #expect(trail.holes.isEmpty && trail.known == 7)
    }

    @Test("What is known is repeated, by an event or by what a snapshot had")
    func repeated() {
        var trail = Trail(known: 10)
        #expect(trail.take(10) == .repeated)
        #expect(trail.take(11) == .next)
        #expect(trail.take(11) == .repeated)
        trail.jump(to: 20)
        #expect(trail.take(15) == .repeated)
        #expect(trail.take(21) == .next)
        #expect(trail.holes.isEmpty)
    }

    @Test("It bears the greatest and the least offset")
    func extremes() {
        var trail = Trail(known: .max - 1)
        #expect(trail.take(.max) == .next)
        #expect(trail.take(.min) == .repeated)
        var empty = Trail(known: 0)
        #expect(empty.take(.max) == .gap(1...(.max - 1)))
    }
}

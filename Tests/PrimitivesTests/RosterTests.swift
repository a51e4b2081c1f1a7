import Primitives
import Testing

@Suite("Rosters")
struct RosterTests {
    private final class Member: RosterMember { var place = RosterPlace() }

    @Test("whoever joined and has not left is there, once, in whatever order they come and go")
    func comingAndGoing() {
        // A linear congruential generator (Knuth, MMIX).
        var state: UInt64 = 7
        func random() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 40)
        }
        let all = (0..<40).map { _ in Member() }
        var roster = Roster<Member>()
        var expected: Set<ObjectIdentifier> = []
        for _ in 0..<2_000 {
            let member = all[random() % 40]
            if random() % 2 == 0 {
                roster.insert(member)
                expected.insert(ObjectIdentifier(member))
            } else {
                #expect(roster.remove(member) == (expected.remove(ObjectIdentifier(member)) != nil))
            }
            #expect(roster.count == expected.count && roster.isEmpty == expected.isEmpty)
            #expect(Set(roster.members.map { ObjectIdentifier($0) }) == expected)
            #expect(all.allSatisfy { roster.contains($0) == expected.contains(ObjectIdentifier($0)) })
        }
    }

    @Test("a member of one roster is not taken for one of another")
    func others() {
        var (one, other) = (Roster<Member>(), Roster<Member>())
        let (mine, theirs) = (Member(), Member())
        one.insert(mine)
        other.insert(theirs)
        #expect(!one.contains(theirs) && !one.remove(theirs) && other.contains(theirs) && one.count == 1)
    }
}

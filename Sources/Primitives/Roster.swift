/// Where a member stands in its roster; the roster sets it, and nobody else needs to look at it.
package struct RosterPlace: Sendable {
    fileprivate var index: Int32 = -1
    package init() {}
}

/// Something that knows its place. It is in one roster at a time.
package protocol RosterMember: AnyObject {
    var place: RosterPlace { get set }
}

/// Who is there, in no order. Members know their places, so that joining and leaving search nothing and the roster is an
/// array, a pointer for each of them: a third of what a hash table takes.
package struct Roster<Member: RosterMember> {
    package private(set) var members: [Member] = []

    package init() {}

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    package func contains(_ member: Member) -> Bool {
        let index = Int(member.place.index)
        return members.indices.contains(index) && members[index] === member
    }

    /// Joining twice counts once.
    package mutating func insert(_ member: Member) {
        guard !contains(member) else { return }
        member.place.index = Int32(clamping: members.count)
        members.append(member)
    }

    /// False when it was not there.
    @discardableResult
    package mutating func remove(_ member: Member) -> Bool {
        guard contains(member) else { return false }
        let index = Int(member.place.index)
        member.place = RosterPlace()
        let last = members.removeLast()
        if index < members.count {
            members[index] = last
            last.place.index = Int32(clamping: index)
        }
        return true
    }
}

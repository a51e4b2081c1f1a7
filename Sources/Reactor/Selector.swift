internal import CLinux

/// What a descriptor became ready for. Inlinable: asked several times a callback, and the generic code of an `OptionSet` from
/// another module costs more each time than the rest of the callback.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
    @inlinable package static var nothing: Readiness { Readiness(rawValue: 0) }
    @inlinable package static var readable: Readiness { Readiness(rawValue: 1) }
    @inlinable package static var writable: Readiness { Readiness(rawValue: 2) }
    /// Error or hang-up; a read or write tells which.
    @inlinable package static var closed: Readiness { Readiness(rawValue: 4) }

    @inlinable package func contains(_ other: Readiness) -> Bool { rawValue & other.rawValue == other.rawValue }
    @inlinable package mutating func formUnion(_ other: Readiness) {
        self = Readiness(rawValue: rawValue | other.rawValue)
    }
    @inlinable package static func == (left: Readiness, right: Readiness) -> Bool { left.rawValue == right.rawValue }
}

/// Something that a loop tells about its descriptor's readiness. Called on the loop only.
package protocol Pollable: AnyObject {
    func becomeReady(_ readiness: Readiness)
}

/// Names one registration: a slot and the generation that it had, so that an event of a descriptor that was closed and
/// whose number was given out again falls on the floor.
package struct Registration: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// epoll behind registration ids. Confined to its loop.
struct Selector: ~Copyable {
    private struct Entry {
        var generation: UInt32 = 0
        var descriptor: Int32 = -1
        var interest: Readiness = []
        var pollable: (any Pollable)?
    }

    private let epoll: Int32
    private var entries: [Entry] = []
    private var free: [UInt32] = []
    private var events = [sala_event](repeating: sala_event(), count: 256)

    init() throws(SystemError) {
        epoll = sala_epoll_create()
        guard epoll >= 0 else { throw SystemError(-epoll) }
    }

    deinit { closeDescriptor(epoll) }

    var registeredCount: Int { entries.count - free.count }

    mutating func add(_ descriptor: Int32, _ interest: Readiness, _ pollable: any Pollable) throws(SystemError)
        -> Registration
    {
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
        } else {
            slot = UInt32(entries.count)
            entries.append(Entry())
        }
        let index = Int(slot)
        entries[index].generation &+= 1
        entries[index].descriptor = descriptor
        entries[index].interest = interest
        let registration = Registration(slot: slot, generation: entries[index].generation)
        let status = sala_epoll_control(
            epoll, Int32(SALA_EPOLL_ADD), descriptor, Self.mask(interest), registration.token)
        guard status == 0 else {
            free.append(slot)
            throw SystemError(-status)
        }
        entries[index].pollable = pollable
        return registration
    }

    mutating func change(_ registration: Registration, to interest: Readiness) {
        guard let index = live(registration), entries[index].interest != interest else { return }
        entries[index].interest = interest
        _ = sala_epoll_control(
            epoll, Int32(SALA_EPOLL_MODIFY), entries[index].descriptor, Self.mask(interest), registration.token)
    }

    /// Must come before the descriptor is closed.
    mutating func remove(_ registration: Registration) {
        guard let index = live(registration) else { return }
        _ = sala_epoll_control(epoll, Int32(SALA_EPOLL_DELETE), entries[index].descriptor, 0, 0)
        forget(registration)
    }

    /// Gives the slot back and leaves the kernel's part to the close of the descriptor, which comes next (epoll(7)). Should a
    /// child process hold the descriptor until its own `exec`, its events name a generation that is gone.
    mutating func forget(_ registration: Registration) {
        guard let index = live(registration) else { return }
        entries[index].pollable = nil
        entries[index].descriptor = -1
        free.append(registration.slot)
    }

    /// Waits up to `milliseconds` (-1: for ever) and returns how many events `event(_:)` then gives.
    mutating func wait(milliseconds: Int32) -> Int {
        max(0, Int(sala_epoll_wait(epoll, &events, Int32(events.count), milliseconds)))
    }

    /// The event's target and readiness, or nil when its registration is gone.
    func event(_ index: Int) -> (pollable: any Pollable, readiness: Readiness)? {
        let event = events[index]
        let registration = Registration(
            slot: UInt32(truncatingIfNeeded: event.data), generation: UInt32(truncatingIfNeeded: event.data >> 32))
        guard let at = live(registration), let pollable = entries[at].pollable else { return nil }
        var readiness: Readiness = []
        if event.events & UInt32(SALA_IN) != 0 { readiness.insert(.readable) }
        if event.events & UInt32(SALA_OUT) != 0 { readiness.insert(.writable) }
        if event.events & (UInt32(SALA_ERR) | UInt32(SALA_HUP)) != 0 { readiness.insert(.closed) }
        return (pollable, readiness)
    }

    private func live(_ registration: Registration) -> Int? {
        let index = Int(registration.slot)
        guard index < entries.count, entries[index].generation == registration.generation,
            entries[index].descriptor >= 0
        else { return nil }
        return index
    }

    private static func mask(_ interest: Readiness) -> UInt32 {
        var mask: UInt32 = 0
        if interest.contains(.readable) { mask |= UInt32(SALA_IN) }
        if interest.contains(.writable) { mask |= UInt32(SALA_OUT) }
        return mask
    }
}

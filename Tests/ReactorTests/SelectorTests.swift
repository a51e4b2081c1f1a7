import Glibc
import Primitives
import Reactor
import TestSupport
import Testing

/// Two connected descriptors, closed at the end.
final class SocketPair {
    let near: Int32
    let far: Int32
    private var isNearOpen = true

    init() throws {
        var descriptors: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &descriptors) == 0
        else {
            throw SystemError(errno)
        }
        near = descriptors[0]
        far = descriptors[1]
    }

    func send(_ byte: UInt8 = 1) {
        var byte = byte
        _ = write(far, &byte, 1)
    }

    func drain() {
        var buffer = [UInt8](repeating: 0, count: 64)
        _ = read(near, &buffer, buffer.count)
    }

    func closeNear() {
        if isNearOpen { _ = close(near) }
        isNearOpen = false
    }

    func closeFar() { _ = shutdown(far, Int32(SHUT_RDWR)) }

    deinit {
        closeNear()
        _ = close(far)
    }
}

final class Watcher: Pollable {
    var readiness: [Readiness] = []
    var react: (() -> Void)?
    func becomeReady(_ readiness: Readiness) {
        self.readiness.append(readiness)
        react?()
    }
}

@Suite("Descriptors of a loop")
struct SelectorTests {
    @Test func readinessIsToldWhileItLasts() throws {
        let world = try LoopWorld()
        let pair = try SocketPair()
        let watcher = Watcher()
        let registration = try world.loop.enter {
            Result { try world.loop.register(pair.near, for: .readable, watcher) }
        }.get()
        world.turn()
        #expect(watcher.readiness.isEmpty)
        pair.send()
        world.turn()
        world.turn()
        #expect(watcher.readiness == [.readable, .readable], "level-triggered")
        pair.drain()
        world.turn()
        #expect(watcher.readiness.count == 2)
        world.loop.enter { world.loop.change(registration, to: [.readable, .writable]) }
        world.turn()
        #expect(watcher.readiness.last == .writable)
        world.loop.enter { world.loop.change(registration, to: []) }
        pair.send()
        world.turn()
        #expect(watcher.readiness.count == 3, "nobody is interested")
    }

    @Test func aHangUpIsTold() throws {
        let world = try LoopWorld()
        let pair = try SocketPair()
        let watcher = Watcher()
        _ = try world.loop.enter { Result { try world.loop.register(pair.near, for: .readable, watcher) } }.get()
        pair.closeFar()
        world.turn()
        #expect(watcher.readiness.last?.contains(.closed) == true)
    }

    @Test func aForgottenDescriptorLeavesWithItsClose() throws {
        let world = try LoopWorld()
        let pair = try SocketPair()
        let forgotten = Watcher()
        // A duplicate keeps what the descriptor means open, as a child process would: its events go to nobody.
        let duplicate = dup(pair.near)
        let registration = try world.loop.enter {
            Result { try world.loop.register(pair.near, for: .readable, forgotten) }
        }.get()
        world.loop.enter { world.loop.forget(registration) }
        pair.closeNear()
        let other = try SocketPair()
        let watcher = Watcher()
        _ = try world.loop.enter { Result { try world.loop.register(other.near, for: .readable, watcher) } }.get()
        pair.send()
        world.turn()
        #expect(forgotten.readiness.isEmpty && watcher.readiness.isEmpty, "the slot was given out again")
        _ = close(duplicate)
        other.send()
        world.turn()
        #expect(forgotten.readiness.isEmpty && watcher.readiness == [.readable])
    }

    @Test func anEventOfADescriptorThatWasGivenOutAgainFallsOnTheFloor() throws {
        let world = try LoopWorld()
        let first = try SocketPair()
        let second = try SocketPair()
        let watchers = (0..<2).map { _ in Watcher() }
        let loop = world.loop
        let registrations = try [first, second].enumerated().map { index, pair in
            try loop.enter { Result { try loop.register(pair.near, for: .readable, watchers[index]) } }.get()
        }
        let replacement = Watcher()
        // Both are ready in the same turn; whichever comes first closes the other and registers a new one in its slot.
        var third: SocketPair?
        for (index, watcher) in watchers.enumerated() {
            watcher.react = {
                guard third == nil else { return }
                let other = 1 - index
                loop.deregister(registrations[other])
                do {
                    third = try SocketPair()
                    if let third { _ = try loop.register(third.near, for: .readable, replacement) }
                } catch { Issue.record(error) }
            }
        }
        first.send()
        second.send()
        world.turn()
        #expect(watchers.map(\.readiness.count).sorted() == [0, 1])
        #expect(replacement.readiness.isEmpty, "the event was of the descriptor before it")
    }

    @Test func whatIsDeregisteredTwiceOrLateDoesNoHarm() throws {
        let world = try LoopWorld()
        let pair = try SocketPair()
        let other = try SocketPair()
        let watcher = Watcher()
        let loop = world.loop
        let old = try loop.enter { Result { try loop.register(pair.near, for: .readable, Watcher()) } }.get()
        loop.enter {
            loop.deregister(old)
            loop.deregister(old)
        }
        // Takes the slot of the old one.
        _ = try loop.enter { Result { try loop.register(other.near, for: .readable, watcher) } }.get()
        loop.enter {
            loop.deregister(old)
            loop.change(old, to: [])
        }
        other.send()
        world.turn()
        #expect(watcher.readiness == [.readable])
    }

    @Test func aBadDescriptorIsRefusedAndItsSlotUsedAgain() throws {
        let world = try LoopWorld()
        let loop = world.loop
        for _ in 0..<3 {
            #expect(throws: SystemError.self) {
                try loop.enter { Result { try loop.register(-1, for: .readable, Watcher()) } }.get()
            }
        }
        let pair = try SocketPair()
        let watcher = Watcher()
        _ = try loop.enter { Result { try loop.register(pair.near, for: .readable, watcher) } }.get()
        pair.send()
        world.turn()
        #expect(watcher.readiness == [.readable])
    }
}

@Suite("Sockets")
struct SocketTests {
    @Test func aBusyPortIsAnErrorAtOnce() throws {
        let first = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 8, sharesPort: false)
        #expect(first.port != 0)
        do {
            _ = try ListeningSocket(host: "127.0.0.1", port: first.port, backlog: 8, sharesPort: false)
            Issue.record("two listeners on one port")
        } catch {
            #expect(error.isAddressInUse)
        }
    }

    /// The connection is in the kernel's queue as soon as the client's handshake is done: a bounded wait.
    private func accept(_ listening: borrowing ListeningSocket) throws -> Socket {
        for _ in 0..<1_000 {
            switch listening.accept() {
            case .accepted(let socket, let address):
                #expect(address == "127.0.0.1")
                return socket
            case .wouldBlock: usleep(1_000)
            case .failed(let error): throw error
            }
        }
        throw SystemError(ETIMEDOUT)
    }

    @Test func anAcceptedConnectionSendsSmallSegmentsAtOnce() throws {
        let listening = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 8, sharesPort: false)
        let client = try Socket.connecting(to: "127.0.0.1", port: listening.port)
        let server = try accept(listening)
        var isOn: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        #expect(getsockopt(server.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, &size) == 0)
        #expect(isOn != 0, "inherited from the listener")
        _ = consume client
    }

    @Test(arguments: ["127.0.0.1", "127.9.10.99", "127.100.200.255"])
    func aPeerIsNamedByItsNumbers(_ address: String) throws {
        let listening = try ListeningSocket(host: "0.0.0.0", port: 0, backlog: 8, sharesPort: false)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { _ = close(descriptor) }
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &own.sin_addr)
        var target = own
        target.sin_port = listening.port.bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &own) { own in
            withUnsafePointer(to: &target) { target in
                own.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
                    | target.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
        }
        #expect(status == 0)
        guard case .accepted(_, let peer) = listening.accept() else {
            Issue.record("a connection waits")
            return
        }
        #expect(peer == address)
    }

    @Test func manyPartsGoOutInOrderWhateverTheSocketTakes() throws {
        let listening = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 8, sharesPort: false)
        let client = try Socket.connecting(to: "127.0.0.1", port: listening.port)
        let server = try accept(listening)
        let parts = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0 % 7) }
        let expected = Array(parts.joined().dropFirst(3))
        var sent = 0
        var received: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        var rest = parts[...]
        var skip = 3
        while let first = rest.first, first.count <= skip {
            skip -= first.count
            rest.removeFirst()
        }
        for _ in 0..<10_000 where received.count < expected.count {
            if !rest.isEmpty, case .moved(let count) = client.send(parts: rest, skipping: skip) {
                sent += count
                skip += count
                while let first = rest.first, first.count <= skip {
                    skip -= first.count
                    rest.removeFirst()
                }
            }
            if case .moved(let count) = server.receive(into: buffer) { received += buffer[..<count] }
        }
        #expect(sent == expected.count && received == expected)
    }
}

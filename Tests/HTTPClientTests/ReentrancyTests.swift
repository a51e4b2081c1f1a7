import HTTPClient
import Primitives
import Reactor
import TestSupport
import Testing

@Suite("Cancel, pause and calls from within callbacks (HTTPClient)", .timeLimit(.minutes(5)))
struct ReentrancyTests {
    private static let endless = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nfirst"

    @Test("cancel closes the connection at once and reports nothing more")
    func cancel() throws {
        let world = try World { $0.answer(Self.endless) }
        let call = world.get()
        world.run { call.text == "first" }
        world.loop.enter {
            call.transfer?.cancel()
            call.transfer?.cancel()
        }
        world.run { world.server.peers[0].isEnded }
        #expect(call.events.count == 2)
        #expect(world.client.transferCount == 0)
    }

    @Test("cancel before anything was sent reports nothing")
    func cancelAtOnce() throws {
        let world = try World { $0.answer(plain("x")) }
        let call = world.get()
        let refused = world.start(HTTPClientRequest(url: "nonsense"))
        world.loop.enter {
            call.transfer?.cancel()
            refused.transfer?.cancel()
        }
        world.settle()
        #expect(call.events.isEmpty)
        #expect(refused.events.isEmpty)
    }

    @Test("cancel from within the head callback drops the body; within the body callback, the rest")
    func cancelWithin() throws {
        for eventsBefore in 1...2 {
            let world = try World { $0.answer(Self.endless) }
            var transfer: HTTPTransfer?
            var seen = 0
            let call = world.start(HTTPClientRequest(url: world.server.url)) { _ in
                seen += 1
                if seen == eventsBefore { transfer?.cancel() }
            }
            transfer = call.transfer
            world.run { world.server.peers.first?.isEnded == true }
            #expect(call.events.count == eventsBefore)
            #expect(world.client.transferCount == 0)
        }
    }

    @Test("cancel of another transfer from within a callback silences it")
    func cancelOther() throws {
        let world = try World { $0.answer(plain("x")) }
        var second: HTTPTransfer?
        let first = world.start(HTTPClientRequest(url: world.server.url)) { _ in second?.cancel() }
        let other = world.start(HTTPClientRequest(url: world.server.url))
        second = other.transfer
        world.run { first.isOver }
        world.settle()
        // The other may have been reported before the first one; never after.
        #expect(other.events.isEmpty || other.isOver)
        #expect(world.client.transferCount == 0)
    }

    @Test("a start from within a completion goes out, fifty deep")
    func startWithin() throws {
        let world = try World { $0.answer(plain("x")) }
        var finished = 0
        func next() {
            world.client.start(HTTPClientRequest(url: world.server.url)) { event in
                guard event == .completed else { return }
                finished += 1
                if finished < 50 { next() }
            }
        }
        world.loop.enter { next() }
        world.run { finished == 50 }
        #expect(world.server.peers.count == 1)
    }

    @Test("a paused transfer slows the provider down and loses nothing")
    func backPressure() throws {
        let total = 8 << 20
        let body = (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let world = try World { peer in
            guard peer.hasRequest() else { return }
            peer.answer("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            peer.send(body)
        }
        let call = world.get(maxBodyBytes: total)
        world.run { call.body.count > 0 }
        world.loop.enter { call.transfer?.pause() }
        let held = call.body.count
        world.settle()
        #expect(call.body.count == held)
        #expect(world.server.peers[0].unsentCount > 0)
        world.loop.enter { call.transfer?.resume() }
        #expect(call.body.count == held)
        world.run { call.isOver }
        #expect(call.body == body)
    }

    @Test("pause within each callback and resume later gives the same bytes")
    func pauseWithin() throws {
        let total = 1 << 20
        let world = try World(configure: { $0.maxBufferedBytes = 20_000 }) { peer in
            guard peer.hasRequest() else { return }
            peer.answer("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            peer.send([UInt8](repeating: 7, count: total))
        }
        var transfer: HTTPTransfer?
        var largest = 0
        let call = world.start(HTTPClientRequest(url: world.server.url)) { event in
            if case .body(let bytes) = event { largest = max(largest, bytes.count) }
            guard let paused = transfer else { return }
            paused.pause()
            world.loop.afterwards { paused.resume() }
        }
        transfer = call.transfer
        world.run { call.isOver }
        #expect(call.body == [UInt8](repeating: 7, count: total))
        #expect(largest <= 20_000)
    }

    @Test("a transfer that ended while paused reports its end after resume")
    func endWhilePaused() throws {
        let world = try World { $0.answer(plain("x")) }
        let call = world.get()
        world.loop.enter { call.transfer?.pause() }
        world.settle()
        #expect(call.events.isEmpty)
        world.loop.enter { call.transfer?.resume() }
        world.run { call.isOver }
        #expect(call.text == "x")
        #expect(world.client.transferCount == 0)
    }

    @Test("closing the client cancels what runs and refuses what comes")
    func closing() throws {
        let world = try World { $0.answer(Self.endless) }
        let call = world.get()
        world.run { call.text == "first" }
        world.loop.enter { world.client.close() }
        let late = world.get()
        world.run { late.isOver }
        #expect(late.failure == .overloaded)
        #expect(call.events.count == 2)
        world.run { world.server.peers[0].isEnded }
    }
}

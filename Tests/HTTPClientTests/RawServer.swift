import Primitives
import Reactor

/// A TCP server on the loop under test that says exactly what a test tells it to, right or wrong.
final class RawServer: Pollable {
    /// One accepted connection. Closed when dropped by the server.
    final class Peer: Pollable {
        private let loop: EventLoop
        private var socket: Socket?
        private var registration: Registration?
        private var unsent: [UInt8] = []
        private(set) var received: [UInt8] = []
        private(set) var isEnded = false
        /// Hears of every change: bytes came or the client closed.
        var changed: (Peer) -> Void = { _ in }

        init(_ loop: EventLoop, _ socket: consuming Socket) throws {
            self.loop = loop
            let descriptor = socket.descriptor
            self.socket = consume socket
            registration = try loop.register(descriptor, for: .readable, self)
        }

        var receivedText: String { String(decoding: received, as: UTF8.self) }
        var unsentCount: Int { unsent.count }
        func forgetReceived() { received = [] }

        func send(_ text: String) { send(Array(text.utf8)) }

        func send(_ bytes: [UInt8]) {
            unsent += bytes
            write()
        }

        func close(reset: Bool = false) {
            if let registration { loop.deregister(registration) }
            registration = nil
            if reset { socket?.resetOnClose() }
            socket = nil
        }

        func becomeReady(_ readiness: Readiness) {
            if readiness.contains(.writable) { write() }
            guard readiness.contains(.readable) || readiness.contains(.closed) else { return }
            while true {
                guard let result = socket?.receive(into: loop.readBuffer) else { return }
                switch result {
                case .moved(let count): received += loop.readBuffer[..<count]
                case .wouldBlock: return changed(self)
                case .ended, .failed:
                    isEnded = true
                    close()
                    return changed(self)
                }
            }
        }

        private func write() {
            while !unsent.isEmpty, let registration {
                let result = unsent.withUnsafeBytes { socket?.send($0) }
                guard case .moved(let count)? = result else {
                    return loop.change(registration, to: [.readable, .writable])
                }
                unsent.removeFirst(count)
            }
            if let registration { loop.change(registration, to: .readable) }
        }
    }

    private let loop: EventLoop
    private let listener: ListeningSocket
    private var registration: Registration?
    private(set) var peers: [Peer] = []
    /// Called with each connection and each change of it.
    private let script: (Peer) -> Void

    init(_ loop: EventLoop, _ script: @escaping (Peer) -> Void) throws {
        self.loop = loop
        self.script = script
        listener = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 512, sharesPort: false)
        registration = try loop.register(listener.descriptor, for: .readable, self)
    }

    var url: String { "http://127.0.0.1:\(listener.port)" }
    var openCount: Int { peers.count { !$0.isEnded } }

    func becomeReady(_ readiness: Readiness) {
        while case .accepted(let socket, _) = listener.accept() {
            guard let peer = try? Peer(loop, socket) else { continue }
            peers.append(peer)
            peer.changed = script
        }
    }

    func close() {
        if let registration { loop.deregister(registration) }
        for peer in peers { peer.close() }
    }
}

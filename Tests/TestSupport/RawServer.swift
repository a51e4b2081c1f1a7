internal import Primitives
package import Reactor

/// A TCP server on the loop under test that says exactly what a test tells it to, right or wrong.
package final class RawServer: Pollable {
    /// One accepted connection. Closed when dropped by the server.
    package final class Peer: Pollable {
        private let loop: EventLoop
        private var socket: Socket?
        private var registration: Registration?
        private var unsent: [UInt8] = []
        package private(set) var received: [UInt8] = []
        package private(set) var isEnded = false
        /// Hears of every change: bytes came or the client closed.
        package var changed: (Peer) -> Void = { _ in }

        fileprivate init(_ loop: EventLoop, _ socket: consuming Socket) throws {
            self.loop = loop
            let descriptor = socket.descriptor
            self.socket = consume socket
            registration = try loop.register(descriptor, for: .readable, self)
        }

        package var receivedText: String { String(decoding: received, as: UTF8.self) }
        package var unsentCount: Int { unsent.count }
        package func forgetReceived() { received = [] }

        package func send(_ text: String) { send(Array(text.utf8)) }

        package func send(_ bytes: [UInt8]) {
            unsent += bytes
            write()
        }

        package func close(reset: Bool = false) {
            if let registration { loop.deregister(registration) }
            registration = nil
            if reset { socket?.resetOnClose() }
            socket = nil
        }

        package func becomeReady(_ readiness: Readiness) {
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
    package private(set) var peers: [Peer] = []
    /// Called with each connection and each change of it.
    private let script: (Peer) -> Void

    package init(_ loop: EventLoop, _ script: @escaping (Peer) -> Void) throws {
        self.loop = loop
        self.script = script
        listener = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 512, sharesPort: false)
        registration = try loop.register(listener.descriptor, for: .readable, self)
    }

    package var url: String { "http://127.0.0.1:\(listener.port)" }
    package var openCount: Int { peers.count { !$0.isEnded } }

    package func becomeReady(_ readiness: Readiness) {
        while case .accepted(let socket, _) = listener.accept() {
            guard let peer = try? Peer(loop, socket) else { continue }
            peers.append(peer)
            peer.changed = script
        }
    }

    package func close() {
        if let registration { loop.deregister(registration) }
        for peer in peers { peer.close() }
    }
}

extension RawServer.Peer {
    /// True once the whole head (and a body of `bodyBytes`) of a request is here.
    package func hasRequest(bodyBytes: Int = 0) -> Bool {
        guard let end = receivedText.firstRange(of: "\r\n\r\n") else { return false }
        return receivedText[end.upperBound...].utf8.count >= bodyBytes
    }

    /// Answers each request that came with `answer`, once.
    package func answer(_ answer: String) {
        guard hasRequest() else { return }
        forgetReceived()
        send(answer)
    }
}

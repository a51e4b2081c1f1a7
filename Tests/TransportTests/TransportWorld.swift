import HTTP1
import Primitives
import Reactor
import Synchronization
import TLS
import TestSupport
import Testing
import Transport
import WebSocket

/// A listener on a loop that the test drives by hand: real sockets, virtual time; with TLS where `Wire.current` says so.
final class TransportWorld: @unchecked Sendable {
    let time = VirtualTime()
    let loop: EventLoop
    let listener: Listener
    /// What the listener shows to new connections.
    let tls: ReplaceableTLSContext?
    private let inbox = Inbox()
    let counts = Counts()

    final class Inbox: @unchecked Sendable {
        var exchanges: [HTTPExchange] = []
        var answer: ((HTTPExchange) -> Void)?
    }

    final class Counts: Sendable {
        let opened = Mutex(0)
        let closed = Mutex(0)
        let violations = Mutex<[String]>([])
        let statuses = Mutex<[Int]>([])
    }

    var exchanges: [HTTPExchange] { inbox.exchanges }
    /// Answers each request at once; without it, requests wait in `exchanges`.
    var answer: ((HTTPExchange) -> Void)? {
        get { inbox.answer }
        set { inbox.answer = newValue }
    }

    init(readBufferBytes: Int = 64 * 1024, _ configure: (inout ServerConfiguration) -> Void = { _ in }) throws {
        var configuration = ServerConfiguration()
        configure(&configuration)
        loop = try EventLoop(index: 0, time: time, readBufferBytes: readBufferBytes)
        let inbox = inbox
        let counts = counts
        tls = Wire.current == .tls ? ReplaceableTLSContext(try TestCertificates.shared.get().context()) : nil
        listener = try Listener(
            host: "127.0.0.1", port: 0, loops: [loop], configuration: configuration, tls: tls,
            observer: TransportObserver(
                opened: { counts.opened.withLock { $0 += 1 } }, closed: { counts.closed.withLock { $0 += 1 } },
                requested: { _, status, _ in counts.statuses.withLock { $0.append(status) } },
                violated: { kind in counts.violations.withLock { $0.append(kind) } })
        ) { exchange in
            inbox.exchanges.append(exchange)
            inbox.answer?(exchange)
        }
        loop.enter { listener.start() }
    }

    var openCount: Int { listener.connectionGroups[0].count }

    /// A client whose connection is accepted and, with TLS, has shaken hands.
    func client() throws -> RawClient {
        try client(tls == nil ? nil : try TestCertificates.shared.get().offer)
    }

    /// The same with an offer of the test's own; nil speaks no TLS, whatever the listener speaks.
    func client(_ offer: ClientTLS.Offer?) throws -> RawClient {
        let client = try RawClient(port: listener.port, tls: offer.map { ClientTLS($0) })
        let before = counts.opened.withLock { $0 }
        until([client]) { self.counts.opened.withLock { $0 } > before || client.isOver }
        if let tls = client.tls { until([client]) { tls.isComplete || tls.isOver || client.isOver } }
        return client
    }

    func enter<Result>(_ body: () -> Result) -> Result { loop.enter(body) }

    /// Runs turns until the condition holds, for at most some seconds of real time; says whether it came to hold.
    @discardableResult
    func until(_ clients: [RawClient], _ condition: () -> Bool) -> Bool {
        for _ in 0..<4_000 {
            for client in clients { client.poll() }
            if condition() { return true }
            enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        return condition()
    }

    /// Runs as many turns as any consequence of what was sent can need.
    func settle(_ clients: RawClient...) {
        for _ in 0..<20 {
            for client in clients { client.poll() }
            enter { loop.turn(waitingAtMost: .milliseconds(1)) }
        }
        for client in clients { client.poll() }
    }

    func advance(_ duration: Duration, _ clients: RawClient...) {
        time.advance(by: duration)
        for _ in 0..<5 { enter { loop.turn(waitingAtMost: .zero) } }
        for client in clients { client.poll() }
    }
}

extension HTTPExchange {
    func respond(_ text: String) { respond(HTTPResponse(status: .ok, body: Array(text.utf8))) }
}

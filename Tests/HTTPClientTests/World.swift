import HTTPClient
import Primitives
import Reactor
import TestSupport
import Testing

/// One loop, one client, one raw server, driven by hand.
final class World {
    let time = WarpTime()
    let loop: EventLoop
    let client: HTTPClient
    let server: RawServer

    init(
        configure: (inout HTTPClient.Configuration) -> Void = { _ in }, _ script: @escaping (RawServer.Peer) -> Void
    ) throws {
        let loop = try EventLoop(index: 0, time: time)
        var configuration = HTTPClient.Configuration()
        configure(&configuration)
        self.loop = loop
        client = try HTTPClient(loop: loop, configuration: configuration)
        server = try loop.enter { Result { try RawServer(loop, script) } }.get()
    }

    deinit {
        loop.enter {
            client.close()
            server.close()
        }
    }

    /// Starts a transfer whose events are gathered.
    func start(_ request: HTTPClientRequest, _ also: @escaping (HTTPTransferEvent) -> Void = { _ in }) -> Call {
        let call = Call()
        call.transfer = loop.enter {
            client.start(request) { event in
                call.events.append(event)
                also(event)
            }
        }
        return call
    }

    func get(_ path: String = "/", timeouts: HTTPTimeouts = HTTPTimeouts(), maxBodyBytes: Int = 1 << 20) -> Call {
        start(HTTPClientRequest(url: server.url + path, timeouts: timeouts, maxBodyBytes: maxBodyBytes))
    }

    /// Turns the loop until `condition` holds; records an issue when it does not within twenty real seconds.
    func run(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        let limit = SystemTime().now.advanced(by: .seconds(20))
        loop.enter {
            while !condition() {
                guard SystemTime().now < limit else {
                    Issue.record("did not happen within 20 s", sourceLocation: sourceLocation)
                    return
                }
                loop.turn(waitingAtMost: .milliseconds(5))
            }
        }
    }

    /// Runs what is ready now, a few turns of it.
    func settle() { loop.enter { for _ in 0..<20 { loop.turn(waitingAtMost: .milliseconds(1)) } } }
}

/// What a transfer reported.
final class Call {
    var transfer: HTTPTransfer?
    var events: [HTTPTransferEvent] = []

    var isOver: Bool {
        switch events.last {
        case .completed, .failed: true
        default: false
        }
    }
    var failure: TransportFailure? { if case .failed(let failure)? = events.last { failure } else { nil } }
    var head: HTTPResponseHead? {
        for case .head(let head) in events { return head }
        return nil
    }
    var body: [UInt8] { events.flatMap { if case .body(let bytes) = $0 { bytes } else { [UInt8]() } } }
    var text: String { String(decoding: body, as: UTF8.self) }
}

func plain(_ body: String) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)" }

internal import HTTP1
internal import JSON
internal import Primitives

/// One client as the protocol describes it: a socket that said hello. Confined to the driver's loop.
final class VirtualClient: WebSocketClientOwner {
    enum State: Equatable {
        case connecting
        case ready
        case closed(String)
    }

    private let driver: Driver
    private let token: Secret
    private var socket: WebSocketClient?
    private(set) var state = State.connecting
    private var lastIdentifier: Int64 = 0
    /// Called once, when `welcome` came.
    var becameReady: () -> Void = {}
    /// Called for every later frame, with the instant at which it was read.
    var received: (_ frame: JSONValue, _ at: Instant) -> Void = { _, _ in }
    /// Called once, when the socket is gone without our doing.
    var closed: (_ why: String) -> Void = { _ in }

    init(driver: Driver, token: Secret) {
        self.driver = driver
        self.token = token
    }

    func connect(to endpoint: Endpoint) throws(LoadFailure) {
        let target = try HTTPChannel.target("/v1/socket")
        socket = try WebSocketClient(
            to: endpoint, target: target, subprotocol: "sala.v1.json", driver: driver, owner: self)
    }

    /// Ends the connection without a Close frame.
    func drop() {
        socket?.drop()
        socket = nil
    }

    func subscribe(_ session: String) {
        send(["type": "subscribe", "id": .integer(nextIdentifier()), "session": .string(session)])
    }

    /// Returns the `id` that the answer will repeat.
    @discardableResult
    func command(_ session: String, _ name: String, key: String, _ data: JSONValue) -> Int64 {
        let id = nextIdentifier()
        send(
            [
                "type": "command", "id": .integer(id), "session": .string(session), "name": .string(name),
                "key": .string(key), "data": data,
            ])
        return id
    }

    private func nextIdentifier() -> Int64 {
        lastIdentifier += 1
        return lastIdentifier
    }

    private func send(_ frame: JSONValue) { socket?.send(text: frame.bytes) }

    func webSocketOpened() {
        send(["type": "hello", "token": .string(token.reveal()), "client": "sala-loadtest/1"])
    }

    func webSocketReceived(text: UnsafeRawBufferPointer) {
        let frame: JSONValue
        do { frame = try JSONParser.parse(text.bytes) } catch {
            webSocketClosed(code: nil, why: "a frame is not JSON: \(error)")
            return drop()
        }
        if state == .connecting, frame["type"]?.string == "welcome" {
            state = .ready
            becameReady()
        } else {
            received(frame, driver.now)
        }
    }

    func webSocketClosed(code: UInt16?, why: String) {
        if case .closed = state { return }
        let why = code.map { "close code \($0) \(why)" } ?? why
        state = .closed(why)
        closed(why)
    }
}

import Primitives
import Reactor
import TLS
import TestSupport

/// One TLS stream over a real socket, without a loop: the test moves both sides in turn.
final class StreamWorld {
    private let listener: ListeningSocket
    let client: RawClient
    let stream: TLSStream
    private(set) var received: [UInt8] = []
    /// The result that ended the reading.
    private(set) var end: TransferResult?
    private let buffer: UnsafeMutableRawBufferPointer
    /// Off: the server leaves what comes in the kernel.
    var reads = true

    init(_ context: TLSContext, _ offer: ClientTLS.Offer?, bufferBytes: Int = 64 * 1024) throws {
        listener = try ListeningSocket(host: "127.0.0.1", port: 0, backlog: 8, sharesPort: false)
        client = try RawClient(port: listener.port, tls: offer.map { ClientTLS($0) })
        buffer = .allocate(byteCount: bufferBytes, alignment: 1)
        for _ in 0..<1_000_000 {
            guard case .accepted(let socket, _) = listener.accept() else { continue }
            stream = try TLSStream(socket, context)
            return
        }
        throw SystemError(110)
    }

    deinit { buffer.deallocate() }

    var text: String { String(decoding: received, as: UTF8.self) }

    func turn() {
        client.poll()
        while reads, end == nil {
            switch stream.receive(into: buffer) {
            case .moved(let count): received += buffer[..<count]
            case .wouldBlock: return client.poll()
            case let result: end = result
            }
        }
        client.poll()
    }

    /// Moves both sides until the condition holds, a bounded number of times; says whether it came to hold.
    @discardableResult
    func until(_ condition: () -> Bool) -> Bool {
        for _ in 0..<20_000 {
            if condition() { return true }
            turn()
        }
        return condition()
    }

    @discardableResult
    func shakeHands() -> Bool { until { client.tls?.isComplete == true && stream.isHandshakeComplete } }

    func send(_ text: String) -> TransferResult { send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) -> TransferResult { bytes.withUnsafeBytes { stream.send($0) } }
}

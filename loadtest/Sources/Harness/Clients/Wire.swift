internal import Reactor
internal import TLS

/// How a client's bytes travel: over a socket as they are, or through TLS.
enum Wire: ~Copyable {
    case plain(Socket)
    case secure(TLSStream)

    /// Starts a connection.
    init(to endpoint: Endpoint) throws(SystemError) {
        let socket = try Socket.connecting(
            to: endpoint.address, port: endpoint.port, from: endpoint.sources?.next())
        guard let security = endpoint.security else {
            self = .plain(socket)
            return
        }
        do throws(TLSFailure) {
            self = .secure(try TLSStream(socket, security, host: endpoint.host))
        } catch {
            throw .outOfMemory
        }
    }
}

extension Wire {
    private var stream: TLSStream? {
        switch self {
        case .plain: nil
        case .secure(let stream): stream
        }
    }

    var descriptor: Int32 {
        switch self {
        case .plain(let socket): socket.descriptor
        case .secure(let stream): stream.descriptor
        }
    }

    /// The error of a connection attempt that became ready; nil when it is established.
    var pendingError: SystemError? {
        switch self {
        case .plain(let socket): socket.pendingError
        case .secure(let stream): stream.pendingError
        }
    }

    /// Nothing more is in the way of what is to be sent. TLS gets there by receiving.
    var isReady: Bool { stream?.isHandshakeComplete ?? true }
    /// Bytes have left the kernel that were not handed out: a selector will not tell of them.
    var hasUnread: Bool { stream?.hasUnread ?? false }
    /// What the next `receive` waits for; TLS may have to write before it can read.
    var receiveAwaits: Readiness { stream?.receiveAwaits ?? .readable }
    /// What a blocked `send` waits for.
    var sendAwaits: Readiness { stream?.sendAwaits ?? .writable }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        switch self {
        case .plain(let socket): socket.receive(into: buffer)
        case .secure(let stream): stream.receive(into: buffer)
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        switch self {
        case .plain(let socket): socket.send(bytes)
        case .secure(let stream): stream.send(bytes)
        }
    }

    func shutdownWrite() {
        switch self {
        case .plain(let socket): socket.shutdownWrite()
        // What the kernel does not take at once is not worth waiting for.
        case .secure(let stream): _ = stream.shutdownWrite()
        }
    }

    /// Why TLS failed, in words; nil when that is not what failed.
    var complaint: String? {
        stream.flatMap { $0.certificateRefusal.map { "the certificate: \($0)" } ?? $0.violation?.reason }
    }
}

extension SystemError {
    fileprivate static var outOfMemory: SystemError { SystemError(12) }
}

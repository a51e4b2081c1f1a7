internal import Primitives
internal import Reactor
internal import TLS

/// How a connection's bytes travel: over a socket as they are, or through TLS. What a connection does with them is the same.
enum Channel: ~Copyable {
    case plain(Socket)
    case tls(TLSStream)

    /// Takes the socket over; nil when memory for TLS is short, and the socket is reset then.
    static func make(_ socket: consuming Socket, _ context: TLSContext?) -> Channel? {
        guard let context else { return .plain(socket) }
        do { return .tls(try TLSStream(socket, context)) } catch { return nil }
    }
}

/// A channel that may be gone: a gone one does nothing.
extension Optional where Wrapped == Channel {
    var descriptor: Int32? {
        switch self {
        case .some(.plain(let socket)): socket.descriptor
        case .some(.tls(let stream)): stream.descriptor
        case .none: nil
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult? {
        switch self {
        case .some(.plain(let socket)): socket.receive(into: buffer)
        case .some(.tls(let stream)): stream.receive(into: buffer)
        case .none: nil
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult? {
        switch self {
        case .some(.plain(let socket)): socket.send(bytes)
        case .some(.tls(let stream)): stream.send(bytes)
        case .none: nil
        }
    }

    func flush(_ output: inout OutputQueue, at now: Instant) -> TransferResult? {
        switch self {
        case .some(.plain(let socket)): output.flush(to: socket, at: now)
        case .some(.tls(let stream)): output.flush(to: stream, at: now)
        case .none: nil
        }
    }

    /// Ends our side, in TLS by close_notify first. `.wouldBlock` when that has to wait until the socket is writable.
    func shutdownWrite() -> TransferResult? {
        switch self {
        case .some(.plain(let socket)):
            socket.shutdownWrite()
            return .moved(0)
        case .some(.tls(let stream)): return stream.shutdownWrite()
        case .none: return nil
        }
    }

    /// Ends our side before the close that follows, as far as that needs words: without TLS the close says it all.
    func sayGoodbye() {
        stream?.sendCloseNotify()
    }

    func resetOnClose() {
        switch self {
        case .some(.plain(let socket)): socket.resetOnClose()
        case .some(.tls(let stream)): stream.resetOnClose()
        case .none: break
        }
    }

    // MARK: Readiness

    /// What the next `receive` waits for. TLS may have to write before it can read.
    var receiveAwaits: Readiness { stream?.receiveAwaits ?? .readable }
    /// What a blocked `flush` waits for.
    var sendAwaits: Readiness { stream?.sendAwaits ?? .writable }
    /// Bytes wait above the kernel, so that no readiness will tell of them.
    var hasUnread: Bool { stream?.hasUnread ?? false }
    /// The peer broke the protocol below HTTP.
    var isViolated: Bool { stream?.violation != nil }

    private var stream: TLSStream? {
        switch self {
        case .some(.tls(let stream)): stream
        case .some(.plain): nil
        case .none: nil
        }
    }
}

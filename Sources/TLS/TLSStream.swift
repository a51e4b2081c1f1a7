internal import COpenSSL
internal import Glibc
package import Reactor

/// One side of TLS over one socket, the server's or the client's, non-blocking. The handshake is part of the first `receive`.
/// Confined to the loop of the socket's connection.
///
/// Before it can read TLS may have to write, and the other way round: `receiveAwaits` and `sendAwaits` say what readiness
/// the next call needs.
package final class TLSStream {
    private let socket: Socket
    private let ssl: OpaquePointer
    /// A `TLSContext` keeps the keys that OpenSSL asks for.
    private let context: AnyObject
    private var isBroken = false
    /// The peer has said its last word.
    private var hasEnded = false
    private var isCloseNotifySent = false
    /// Came behind bytes that were handed out first.
    private var waitingResult: TransferResult?

    /// What the peer did wrong. From then on nothing is sent, and what it still sends is read and thrown away.
    package private(set) var violation: TLSViolation?
    package private(set) var receiveAwaits = Readiness.readable
    package private(set) var sendAwaits = Readiness.writable
    /// Bytes (or the end) have left the kernel and were not handed out: a selector will not tell of them.
    package private(set) var hasUnread = false

    /// The server's side. Fails when memory is short.
    package convenience init(_ socket: consuming Socket, _ context: TLSContext) throws(TLSFailure) {
        try self.init(socket, context, context.pointer)
        SSL_set_accept_state(ssl)
    }

    /// The client's side. Fails when memory is short.
    ///
    /// - Parameter host: the name or numeric address that the server's certificate must have.
    package convenience init(
        _ socket: consuming Socket, _ context: TLSClientContext, host: String
    ) throws(TLSFailure) {
        try self.init(socket, context, context.pointer)
        guard context.setName(host, of: ssl) else { throw .refused(reason: OpenSSLErrors.newestText) }
        SSL_set_connect_state(ssl)
    }

    private init(_ socket: consuming Socket, _ context: AnyObject, _ pointer: OpaquePointer) throws(TLSFailure) {
        OpenSSLErrors.clear()
        guard let ssl = SSL_new(pointer) else { throw .refused(reason: OpenSSLErrors.newestText) }
        self.ssl = ssl
        self.context = context
        let descriptor = socket.descriptor
        self.socket = consume socket
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw .refused(reason: OpenSSLErrors.newestText) }
    }

    deinit { SSL_free(ssl) }

    package var descriptor: Int32 { socket.descriptor }
    /// The error of the socket's connection attempt, as `Socket` has it.
    package var pendingError: SystemError? { socket.pendingError }
    package var isHandshakeComplete: Bool { SSL_is_init_finished(ssl) == 1 }
    /// `TLSv1.2` or `TLSv1.3`, once the handshake is complete.
    package var version: String { String(cString: SSL_get_version(ssl)) }
    /// Whether the handshake was shortened by a ticket.
    package var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// Why the peer's certificate is not trusted, in OpenSSL's words; nil when it is, and before the peer showed one.
    package var certificateRefusal: String? {
        let result = SSL_get_verify_result(ssl)
        return result == Int(X509_V_OK) ? nil : String(cString: X509_verify_cert_error_string(result))
    }

    // MARK: Receiving

    /// Fills the buffer with what is there. `.ended` after the peer's close_notify, or after the end of its bytes without one:
    /// messages of HTTP and WebSocket say themselves where they end, so that nothing can be cut off unseen.
    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        if let result = takeWaitingResult() { return result }
        if isBroken || hasEnded { return discard(into: buffer) }
        var moved = 0
        repeat {
            OpenSSLErrors.clear()
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[moved...])
            let count = SSL_read(ssl, room.baseAddress, Int32(clamping: room.count))
            guard count > 0 else {
                let (result, readiness) = outcome(count)
                receiveAwaits = readiness ?? .readable
                hasEnded = result == .ended
                if moved == 0 { return result }
                if result != .wouldBlock { wait(with: result) }
                return .moved(moved)
            }
            moved += Int(count)
        } while moved < buffer.count && SSL_has_pending(ssl) == 1
        receiveAwaits = .readable
        hasUnread = SSL_has_pending(ssl) == 1
        return .moved(moved)
    }

    /// Nothing counts any more that still comes (RFC 8446 §6.1). After an alert it must be read all the same, because closing a
    /// socket with unread bytes takes the alert back; and a reset must be seen.
    private func discard(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        switch socket.receive(into: buffer) {
        case .moved, .wouldBlock: hasEnded ? .ended : .wouldBlock
        case let result: result
        }
    }

    private func wait(with result: TransferResult) {
        waitingResult = result
        hasUnread = true
    }

    private func takeWaitingResult() -> TransferResult? {
        hasUnread = false
        defer { waitingResult = nil }
        return waitingResult
    }

    // MARK: Sending

    /// Sends the bytes as one record of at most 16 KiB. After `.wouldBlock` the next call must bring the same bytes again
    /// (more may stand behind them): a part of their record is on its way.
    package func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        if isBroken { return .failed(SystemError(EPIPE)) }
        OpenSSLErrors.clear()
        let count = SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
        if count > 0 {
            sendAwaits = .writable
            return .moved(Int(count))
        }
        let (result, readiness) = outcome(count)
        sendAwaits = readiness ?? .writable
        // A peer that ended its side may be sent to; one that is gone may not.
        return result == .ended ? .failed(SystemError(EPIPE)) : result
    }

    /// Sends close_notify, then half-closes the socket. `.wouldBlock` when the kernel takes no more: call again once it does.
    /// Everything else must have been sent before.
    package func shutdownWrite() -> TransferResult {
        if sendCloseNotify() == .wouldBlock { return .wouldBlock }
        socket.shutdownWrite()
        return .moved(0)
    }

    /// Sends close_notify, if the kernel takes it at once.
    @discardableResult
    package func sendCloseNotify() -> TransferResult {
        guard !isBroken, isHandshakeComplete, !isCloseNotifySent else { return .moved(0) }
        OpenSSLErrors.clear()
        let status = SSL_shutdown(ssl)
        if status < 0, case (.wouldBlock, let readiness?) = outcome(status) {
            sendAwaits = readiness
            return .wouldBlock
        }
        isCloseNotifySent = true
        return .moved(0)
    }

    /// Makes the coming close a reset, without a close_notify before it.
    package func resetOnClose() {
        isCloseNotifySent = true
        socket.resetOnClose()
    }

    // MARK: Outcomes

    /// What a call's status means, and the readiness that the next call needs, when it needs one.
    private func outcome(_ status: Int32) -> (result: TransferResult, awaits: Readiness?) {
        // Before anything can overwrite it.
        let number = errno
        switch SSL_get_error(ssl, status) {
        case SSL_ERROR_WANT_READ: return (.wouldBlock, .readable)
        case SSL_ERROR_WANT_WRITE: return (.wouldBlock, .writable)
        case SSL_ERROR_ZERO_RETURN: return (.ended, nil)
        case SSL_ERROR_SYSCALL:
            isBroken = true
            return (number == 0 ? .ended : .failed(SystemError(number)), nil)
        default:
            isBroken = true
            return (.failed(takeError()), nil)
        }
    }

    private func takeError() -> SystemError {
        let error = ERR_peek_error()
        OpenSSLErrors.clear()
        // The peer's own alert is its way of leaving, such as from a certificate that it does not trust.
        if ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET { return SystemError(ECONNABORTED) }
        violation = TLSViolation(reason: OpenSSLErrors.text(error))
        return SystemError(EPROTO)
    }
}

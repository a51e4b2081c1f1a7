internal import CLinux
internal import Glibc

/// Why a system call on a socket failed: the positive `errno`.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    package let number: Int32
    package init(_ number: Int32) { self.number = number }
    package var description: String { String(cString: strerror(number)) }

    package var isAddressInUse: Bool { number == EADDRINUSE }
    package var isOutOfDescriptors: Bool {
        number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM
    }
}

/// What one non-blocking transfer did.
package enum TransferResult: Sendable, Equatable {
    /// This many bytes moved (never 0 for a read).
    case moved(Int)
    /// Nothing now; the selector will say when.
    case wouldBlock
    /// The peer will send no more.
    case ended
    case failed(SystemError)
}

/// An owned, non-blocking descriptor of a TCP socket, closed exactly once: when it goes out of scope.
package struct Socket: ~Copyable {
    package let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Starts a connection to a numeric address of either family. It is established (or failed, `pendingError`) once it becomes writable.
    /// - Parameter source: a numeric address of this machine to come from, of the same family; nil: the kernel's choice.
    package static func connecting(
        to address: String, port: UInt16, from source: String? = nil
    ) throws(SystemError) -> Socket {
        let descriptor = sala_connect_tcp(address, port, source)
        guard descriptor >= 0 else { throw SystemError(-descriptor) }
        _ = sala_set_no_delay(descriptor)
        return Socket(descriptor: descriptor)
    }

    /// A listening socket on a numeric address; `port` 0 picks a free one (see `boundPort` of `ListeningSocket`).
    fileprivate static func adopting(_ descriptor: Int32) -> Socket { Socket(descriptor: descriptor) }

    /// The error of a connection attempt that became ready; nil when it is established.
    package var pendingError: SystemError? {
        let status = sala_socket_error(descriptor)
        return status == 0 ? nil : SystemError(-status)
    }

    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        let count = sala_receive(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { return .moved(count) }
        if count == 0 { return .ended }
        return Self.failure(count)
    }

    package func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        let count = sala_send(descriptor, bytes.baseAddress, bytes.count)
        return count >= 0 ? .moved(count) : Self.failure(count)
    }

    /// Sends the parts in order with one system call; `first` bytes of the first part are skipped. At most 64 parts are
    /// looked at, so the count returned may be less than all even on a free socket.
    package func send(parts: ArraySlice<[UInt8]>, skipping first: Int) -> TransferResult {
        var skip = first
        // The array buffers stay alive in `parts` for the whole call; sendmsg(2) copies before it returns.
        return withUnsafeTemporaryAllocation(of: sala_iovec.self, capacity: 64) { vector in
            var used = 0
            for part in parts.prefix(64) {
                part.withUnsafeBytes { bytes in
                    vector[used] = sala_iovec(
                        base: bytes.baseAddress.map { UnsafeRawPointer($0 + skip) }, length: bytes.count - skip)
                }
                skip = 0
                used += 1
            }
            let count = sala_send_vector(descriptor, vector.baseAddress, Int32(used))
            return count >= 0 ? .moved(count) : Self.failure(count)
        }
    }

    /// Half-closes: the peer sees the end of our bytes.
    package func shutdownWrite() { _ = sala_shutdown_write(descriptor) }

    /// Makes the coming close a reset, for peers that are to be dropped without waiting.
    package func resetOnClose() { _ = sala_reset_on_close(descriptor) }

    private static func failure(_ count: Int) -> TransferResult {
        let number = Int32(truncatingIfNeeded: -count)
        return number == EAGAIN || number == EWOULDBLOCK ? .wouldBlock : .failed(SystemError(number))
    }
}

/// A descriptor that is held for nothing, so that there is one to give up when the process has no other.
package struct DescriptorReserve: ~Copyable {
    private var descriptor: Int32

    package init() { descriptor = sala_eventfd() }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package var isHeld: Bool { descriptor >= 0 }

    /// Frees it. Another thread may be quicker to use it.
    package mutating func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Takes one again, if there is one.
    package mutating func refill() {
        if descriptor < 0 { descriptor = sala_eventfd() }
    }
}

/// A bound, listening TCP socket.
package struct ListeningSocket: ~Copyable {
    package let descriptor: Int32
    package let port: UInt16

    /// - Parameters:
    ///   - host: a numeric IPv4 or IPv6 address.
    ///   - port: 0 picks a free one.
    ///   - sharesPort: SO_REUSEPORT, for one listener a loop on the same port.
    package init(host: String, port: UInt16, backlog: Int32, sharesPort: Bool) throws(SystemError) {
        var bound: UInt16 = 0
        let descriptor = sala_listen_tcp(host, port, backlog, sharesPort ? 1 : 0, &bound)
        guard descriptor >= 0 else { throw SystemError(-descriptor) }
        self.descriptor = descriptor
        self.port = bound
    }

    deinit { close(descriptor) }

    package enum AcceptResult: ~Copyable {
        case accepted(Socket, peerAddress: String)
        case wouldBlock
        case failed(SystemError)
    }

    package func accept() -> AcceptResult {
        var descriptor: Int32 = -1
        // Room for the longest numeric address, and its end.
        let address = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            descriptor = sala_accept(self.descriptor, text.baseAddress, text.count)
            return descriptor >= 0 ? text.baseAddress.map { String(cString: $0) } : nil
        }
        guard let address else {
            return -descriptor == EAGAIN ? .wouldBlock : .failed(SystemError(-descriptor))
        }
        return .accepted(Socket.adopting(descriptor), peerAddress: address)
    }
}

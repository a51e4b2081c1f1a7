import Glibc
import Reactor

/// A TCP client that sends exactly the bytes that a test tells it to, and keeps what comes back; with `tls`, through TLS.
/// Non-blocking and on no loop: the test reads it between the turns of the loop under test.
package final class RawClient {
    private var socket: Socket?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 1)
    private var unsent: [UInt8] = []
    package let tls: ClientTLS?
    /// At most so many bytes are given to the kernel at once, to travel as a packet of their own.
    package var maxWrite = Int.max
    /// Everything that came and was not taken.
    package private(set) var received: [UInt8] = []
    /// Bytes that came from the kernel, TLS's own included.
    package private(set) var rawCount = 0
    /// The server will send no more.
    package private(set) var isEnded = false
    /// The server broke the connection off.
    package private(set) var isReset = false
    /// Off: the client leaves what comes in the kernel.
    package var reads = true

    package init(port: UInt16, tls: ClientTLS? = nil) throws {
        socket = try Socket.connecting(to: "127.0.0.1", port: port)
        self.tls = tls
    }

    deinit { buffer.deallocate() }

    package var isOver: Bool { isEnded || isReset }
    package var text: String { String(decoding: received, as: UTF8.self) }

    package func send(_ text: String) { send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) {
        if let tls { tls.write(bytes) } else { unsent += bytes }
        poll()
    }

    /// Sends bytes as they are, TLS or not.
    package func sendRaw(_ bytes: [UInt8]) {
        unsent += bytes
        poll()
    }

    /// Writes what the kernel takes, reads what it has.
    package func poll() {
        write()
        while reads, !isOver, let result = receive() {
            switch result {
            case .moved(let count):
                rawCount += count
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                if let tls { received += tls.receive(bytes) } else { received += bytes }
                write()
            case .wouldBlock: return
            case .ended: isEnded = true
            case .failed(let error):
                guard error.number != ENOTCONN else { return }
                isReset = true
            }
        }
    }

    private func receive() -> TransferResult? {
        switch socket {
        case .some(let socket): socket.receive(into: buffer)
        case .none: nil
        }
    }

    private func write() {
        if let tls { unsent += tls.takeOutput() }
        guard !unsent.isEmpty else { return }
        let result: TransferResult? =
            switch socket {
            case .some(let socket): unsent.prefix(maxWrite).withUnsafeBytes { socket.send($0) }
            case .none: nil
            }
        guard case .moved(let count) = result else { return }
        unsent.removeFirst(count)
    }

    package var unsentCount: Int { unsent.count }

    package func take(_ count: Int) -> [UInt8] {
        let taken = Array(received.prefix(count))
        received.removeFirst(taken.count)
        return taken
    }

    /// The client will send no more, and still reads.
    package func halfClose() {
        if let tls {
            tls.closeNotify()
            write()
        }
        halfCloseRaw()
    }

    /// Like `halfClose`, without a word in TLS.
    package func halfCloseRaw() {
        switch socket {
        case .some(let socket): socket.shutdownWrite()
        case .none: break
        }
    }

    package func close(reset: Bool = false) {
        if reset {
            switch socket {
            case .some(let socket): socket.resetOnClose()
            case .none: break
            }
        }
        socket = nil
    }
}

/// Frames of RFC 6455 as a client writes and reads them, independent of the code under test.
package enum ClientFrames {
    package struct Frame: Equatable, Sendable {
        package let isFinal: Bool
        package let opcode: UInt8
        /// RSV1 (RFC 7692 §6): `payload` is compressed.
        package var isCompressed = false
        package let payload: [UInt8]
        package var text: String { String(decoding: payload, as: UTF8.self) }
        /// Of a Close frame.
        package var closeCode: UInt16? {
            opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
        }
    }

    package static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    /// RFC 6455 §1.3.
    package static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// A masked frame. With 0x40 in `opcode` it says that it is compressed.
    package static func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        var out: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch payload.count {
        case 0..<126: out.append(0x80 | UInt8(payload.count))
        case 126..<65_536: out += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: out += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        return out + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    package static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }

    package static func close(_ code: UInt16?) -> [UInt8] {
        frame(8, code.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? [])
    }

    /// The first whole frame of what a server sent, and its length; nil while it is not whole. Server frames carry no mask.
    package static func parse(_ bytes: ArraySlice<UInt8>) -> (frame: Frame, length: Int)? {
        let bytes = Array(bytes)
        guard bytes.count >= 2 else { return nil }
        var length = Int(bytes[1] & 0x7F)
        var header = 2
        if length >= 126 {
            let digits = length == 126 ? 2 : 8
            guard bytes.count >= 2 + digits else { return nil }
            length = bytes[2..<(2 + digits)].reduce(0) { $0 << 8 | Int($1) }
            header += digits
        }
        guard bytes.count >= header + length else { return nil }
        let payload = Array(bytes[header..<(header + length)])
        let frame = Frame(
            isFinal: bytes[0] & 0x80 != 0, opcode: bytes[0] & 15, isCompressed: bytes[0] & 0x40 != 0, payload: payload)
        return (frame, header + length)
    }
}

extension RawClient {
    /// Takes the frames that have come whole.
    package func takeFrames() -> [ClientFrames.Frame] {
        var frames: [ClientFrames.Frame] = []
        while let (frame, length) = ClientFrames.parse(received[...].prefix(300_000)) {
            frames.append(frame)
            _ = take(length)
        }
        return frames
    }

    /// Takes a response's head, with the empty line behind it; nil while it is not whole.
    package func takeHead() -> String? {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        return String(decoding: take(text[..<end.upperBound].utf8.count), as: UTF8.self)
    }
}

extension String {
    fileprivate func range(of needle: String) -> Range<Index>? { ranges(of: needle).first }
}

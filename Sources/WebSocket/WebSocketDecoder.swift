/// Gets what a decoder finds. Payloads are valid during the call only.
package protocol WebSocketReceiving {
    /// False stops the decoder in mid-buffer: nothing more of this connection is wanted.
    var isInterested: Bool { get }
    mutating func receiveText(_ payload: UnsafeRawBufferPointer)
    mutating func receiveBinary(_ payload: UnsafeRawBufferPointer)
    mutating func receivePing(_ payload: UnsafeRawBufferPointer)
    mutating func receivePong(_ payload: UnsafeRawBufferPointer)
    /// `code` nil: the Close frame was empty.
    mutating func receiveClose(code: CloseCode?, reason: [UInt8])
}

/// Who we are on the connection: servers get masked frames, clients unmasked ones.
package enum WebSocketRole: Sendable {
    case server, client
}

/// Turns the bytes of one connection into messages (RFC 6455 §5), incrementally.
///
/// A message whose one frame lies whole in the bytes read is unmasked in place and handed on without a copy; memory is
/// owned only while a frame or a fragmented message is incomplete, and never more than `maxMessageBytes`. Text is checked
/// as it comes, so an invalid byte is refused before its frame is complete.
package struct WebSocketDecoder: Sendable {
    private enum Opcode {
        static let continuation: UInt8 = 0, text: UInt8 = 1, binary: UInt8 = 2
        static let close: UInt8 = 8, ping: UInt8 = 9, pong: UInt8 = 10
    }

    private struct Frame: Sendable {
        var isFinal: Bool
        var opcode: UInt8
        var length: Int
        var mask: UInt32
        /// Payload bytes that were taken so far.
        var received = 0
        var isControl: Bool { opcode >= Opcode.close }
    }

    private let role: WebSocketRole
    private let limits: WebSocketLimits
    private var header: [UInt8] = []
    private var frame: Frame?
    private var control: [UInt8] = []
    /// The message under way: nil between messages.
    private var messageOpcode: UInt8?
    private var message: [UInt8] = []
    private var fragments = 0
    private var validator = UTF8Validator()

    package init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()) {
        self.role = role
        self.limits = limits
    }

    /// Bytes that the peer makes this decoder hold.
    package var bufferedBytes: Int { header.count + control.count + message.count }

    /// Unmasks in place what it reads.
    package mutating func receive<Receiver: WebSocketReceiving>(
        _ bytes: UnsafeMutableRawBufferPointer, into receiver: inout Receiver
    ) throws(WebSocketViolation) {
        var cursor = 0
        while receiver.isInterested {
            if frame == nil {
                guard try readHeader(bytes, &cursor) else { return }
            }
            guard try readPayload(bytes, &cursor, &receiver) else { return }
        }
    }

    // MARK: Header

    /// False when more bytes are needed.
    private mutating func readHeader(
        _ bytes: UnsafeMutableRawBufferPointer, _ cursor: inout Int
    ) throws(WebSocketViolation) -> Bool {
        while true {
            let needed = try neededHeaderBytes()
            if header.count == needed { break }
            guard cursor < bytes.count else { return false }
            let take = min(needed - header.count, bytes.count - cursor)
            header.append(
                contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[cursor..<(cursor + take)]))
            cursor += take
        }
        try beginFrame()
        return true
    }

    /// Checks what is there of the header, and says how long it is as far as that is known.
    private func neededHeaderBytes() throws(WebSocketViolation) -> Int {
        guard let first = header.first else { return 2 }
        guard first & 0x70 == 0 else { throw .reservedBits }
        let opcode = first & 0x0F
        guard opcode <= Opcode.binary || (Opcode.close...Opcode.pong).contains(opcode) else { throw .unknownOpcode }
        let isControl = opcode >= Opcode.close
        guard !isControl || first & 0x80 != 0 else { throw .fragmentedControl }
        if opcode == Opcode.continuation, messageOpcode == nil { throw .continuationWithoutStart }
        if opcode == Opcode.text || opcode == Opcode.binary, messageOpcode != nil { throw .messageInsideMessage }
        guard header.count >= 2 else { return 2 }
        let isMasked = header[1] & 0x80 != 0
        switch role {
        case .server: guard isMasked else { throw .unmaskedFrame }
        case .client: guard !isMasked else { throw .maskedFrame }
        }
        let short = Int(header[1] & 0x7F)
        guard !isControl || short <= 125 else { throw .controlTooLong }
        return 2 + (short == 126 ? 2 : short == 127 ? 8 : 0) + (isMasked ? 4 : 0)
    }

    private mutating func beginFrame() throws(WebSocketViolation) {
        let short = Int(header[1] & 0x7F)
        var length = UInt64(short)
        var at = 2
        if short >= 126 {
            let count = short == 126 ? 2 : 8
            length = header[2..<(2 + count)].reduce(0) { $0 << 8 | UInt64($1) }
            at += count
            guard length >= (short == 126 ? 126 : 65_536) else { throw .lengthNotMinimal }
            guard length < 1 << 63 else { throw .lengthTooLarge }
        }
        var mask: UInt32 = 0
        if role == .server {
            // In memory order, so that a little-endian word of payload is unmasked by one exclusive-or.
            for index in 0..<4 { mask |= UInt32(header[at + index]) << UInt32(8 * index) }
        }
        let frame = Frame(isFinal: header[0] & 0x80 != 0, opcode: header[0] & 0x0F, length: Int(length), mask: mask)
        if !frame.isControl {
            let limit = limits.maxMessageBytes - message.count
            guard length <= UInt64(limit) else { throw .messageTooBig }
            if frame.opcode != Opcode.continuation {
                messageOpcode = frame.opcode
                validator = UTF8Validator()
                fragments = 0
            }
            fragments += 1
            guard fragments <= limits.maxFragments else { throw .tooManyFragments }
        }
        header.removeAll(keepingCapacity: true)
        self.frame = frame
    }

    // MARK: Payload

    /// False when more bytes are needed.
    private mutating func readPayload<Receiver: WebSocketReceiving>(
        _ bytes: UnsafeMutableRawBufferPointer, _ cursor: inout Int, _ receiver: inout Receiver
    ) throws(WebSocketViolation) -> Bool {
        guard var frame else { return false }
        let take = min(frame.length - frame.received, bytes.count - cursor)
        let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[cursor..<(cursor + take)])
        Self.unmask(piece, frame.mask, phase: frame.received)
        let payload = UnsafeRawBufferPointer(piece)
        cursor += take
        frame.received += take
        self.frame = frame
        let isWhole = frame.received == frame.length
        if frame.isControl {
            if take == frame.length { return try endControl(frame, payload, &receiver) }
            control.append(contentsOf: payload)
            guard isWhole else { return false }
            let owned = control
            control = []
            // `withUnsafeBytes` does not carry typed throws.
            let result: Result<Bool, WebSocketViolation> = owned.withUnsafeBytes { bytes in
                do throws(WebSocketViolation) {
                    return .success(try endControl(frame, bytes, &receiver))
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
        if messageOpcode == Opcode.text {
            guard validator.consume(payload) else { throw .invalidUTF8 }
            if isWhole, frame.isFinal, !validator.isComplete { throw .invalidUTF8 }
        }
        if isWhole, frame.isFinal, message.isEmpty {
            // The usual case: the message is this piece (an empty buffer after an earlier piece cannot be).
            endMessage(payload, &receiver)
            return true
        }
        if message.isEmpty { message.reserveCapacity(frame.length) }
        message.append(contentsOf: payload)
        guard isWhole else { return false }
        self.frame = nil
        if frame.isFinal {
            let owned = message
            message = []
            owned.withUnsafeBytes { endMessage($0, &receiver) }
        }
        return true
    }

    private mutating func endMessage<Receiver: WebSocketReceiving>(
        _ payload: UnsafeRawBufferPointer, _ receiver: inout Receiver
    ) {
        let isText = messageOpcode == Opcode.text
        frame = nil
        messageOpcode = nil
        if isText { receiver.receiveText(payload) } else { receiver.receiveBinary(payload) }
    }

    private mutating func endControl<Receiver: WebSocketReceiving>(
        _ frame: Frame, _ payload: UnsafeRawBufferPointer, _ receiver: inout Receiver
    ) throws(WebSocketViolation) -> Bool {
        self.frame = nil
        switch frame.opcode {
        case Opcode.ping: receiver.receivePing(payload)
        case Opcode.pong: receiver.receivePong(payload)
        default:
            guard !payload.isEmpty else {
                receiver.receiveClose(code: nil, reason: [])
                return true
            }
            guard payload.count >= 2 else { throw .closePayloadTooShort }
            let code = CloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
            guard code.isValidOnWire else { throw .invalidCloseCode }
            let reason = UnsafeRawBufferPointer(rebasing: payload[2...])
            var check = UTF8Validator()
            guard check.consume(reason), check.isComplete else { throw .invalidUTF8 }
            receiver.receiveClose(code: code, reason: Array(reason))
        }
        return true
    }

    /// Exclusive-or with the masking key (RFC 6455 §5.3); `phase` payload bytes came before.
    private static func unmask(_ bytes: UnsafeMutableRawBufferPointer, _ mask: UInt32, phase: Int) {
        guard mask != 0 else { return }
        let turn = UInt32(phase & 3) * 8
        let key = turn == 0 ? mask : mask >> turn | mask << (32 - turn)
        let wide = SIMD4<UInt32>(repeating: key.littleEndian)
        var index = 0
        while index + 16 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt32>.self)
            bytes.storeBytes(of: block ^ wide, toByteOffset: index, as: SIMD4<UInt32>.self)
            index += 16
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: key >> UInt32((index & 3) * 8))
            index += 1
        }
    }
}

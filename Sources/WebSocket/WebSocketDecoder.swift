internal import Primitives

/// Turns the bytes of one connection into messages (RFC 6455 §5), incrementally, for either role.
///
/// A message whose one frame lies whole in the bytes read is unmasked there and handed on without a copy. Memory is owned
/// only while a message or a control frame is incomplete, and never more than `limits.maxMessageBytes` (doubled at most
/// while it grows) and 125 bytes. Text is checked as it comes, so that an invalid byte is refused before its frame is
/// whole (RFC 6455 §8.1). A compressed message (RFC 7692) is inflated as it comes, under the same limit and checks.
///
/// What comes out does not depend on how the stream is cut. After a Close frame or a violation nothing comes out any more.
package struct WebSocketDecoder: Sendable {
    /// Something whole. A payload points into the bytes read, or is owned when it came in pieces.
    package enum Found {
        case borrowed(Opcode, UnsafeRawBufferPointer)
        case owned(Opcode, [UInt8])
        case close(CloseCode?, reason: [UInt8])
    }

    /// A frame whose header is whole and whose payload is not.
    private struct OpenFrame: Sendable {
        let header: FrameHeader
        /// Payload bytes that were taken.
        var received: Int
    }

    /// What is kept from one call to the next, when a read ended in the middle of something.
    private struct Remainder: Sendable {
        var header = PartialHeader()
        var frame: OpenFrame?
        var controlPayload: [UInt8] = []
        var message: PartialMessage?

        var isEmpty: Bool { header.isEmpty && frame == nil && message == nil }
    }

    private let limits: WebSocketLimits
    private let compression: NegotiatedCompression?
    /// Nothing, most of the time: reads end where messages do.
    private var remainder = Boxed<Remainder>()
    private let role: WebSocketRole
    private var hasEnded = false

    package init(
        role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), compression: NegotiatedCompression? = nil
    ) {
        self.role = role
        self.limits = limits
        self.compression = compression
    }

    /// Bytes that the peer makes this decoder hold.
    package var bufferedBytes: Int {
        guard let remainder = remainder.value else { return 0 }
        return remainder.header.count + remainder.controlPayload.count + (remainder.message?.payload.count ?? 0)
    }

    /// Decodes what was read and reports each whole message and control frame; the bytes are unmasked in place. What is
    /// incomplete is kept for the next call.
    ///
    /// Throws when the peer broke the protocol, after what came before was reported. The bytes of a later call, and those
    /// behind a Close frame, are dropped.
    package mutating func receive<Receiver: WebSocketReceiving>(
        _ bytes: UnsafeMutableRawBufferPointer, into receiver: inout Receiver
    ) throws(WebSocketViolation) {
        var cursor = 0
        while receiver.isInterested {
            guard let found = try next(bytes, &cursor) else { return }
            switch found {
            case .borrowed(let opcode, let payload): Self.report(opcode, payload, to: &receiver)
            case .owned(let opcode, let payload):
                payload.withUnsafeBytes { Self.report(opcode, $0, to: &receiver) }
            case .close(let code, let reason): receiver.receiveClose(code: code, reason: reason)
            }
        }
        end()
    }

    @inline(__always)
    private static func report<Receiver: WebSocketReceiving>(
        _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, to receiver: inout Receiver
    ) {
        switch opcode {
        case .text: receiver.receiveText(payload)
        case .binary: receiver.receiveBinary(payload)
        case .ping: receiver.receivePing(payload)
        case .pong: receiver.receivePong(payload)
        case .continuation, .close: break
        }
    }

    /// Something is kept from before, or nothing is to be decoded any more.
    private var isUnderWay: Bool { !remainder.isEmpty || hasEnded }

    /// Nothing more is decoded; what was held is freed.
    package mutating func end() {
        hasEnded = true
        remainder.removeValue()
    }

    /// The next whole thing at or behind `cursor`, which moves past what was taken; nil when more bytes are needed. What
    /// `receive` does in a loop, for a caller to whom the indirection of a receiver is too dear.
    package mutating func next(
        _ bytes: UnsafeMutableRawBufferPointer, _ cursor: inout Int
    ) throws(WebSocketViolation) -> Found? {
        do throws(WebSocketViolation) {
            return if let found = try nextWholeMessage(bytes, &cursor) { found } else { try nextPiece(bytes, &cursor) }
        } catch {
            end()
            throw error
        }
    }

    // MARK: The usual case

    /// A message of one frame that lies whole at `cursor`, when nothing is under way: the hot path. Nil for anything else,
    /// also for what is wrong; nothing was taken then.
    @inline(__always)
    private func nextWholeMessage(
        _ bytes: UnsafeMutableRawBufferPointer, _ cursor: inout Int
    ) throws(WebSocketViolation) -> Found? {
        guard !isUnderWay else { return nil }
        let available = bytes.count - cursor
        guard available >= FrameHeader.maxBytes else { return nil }
        let header = Self.piece(of: bytes, at: cursor, count: FrameHeader.maxBytes)
        let (isMasked, maskBytes) = role == .server ? (UInt8(0x80), 4) : (0, 0)
        let isText = header[0] == 0x81
        guard isText || header[0] == 0x82 else { return nil }
        var length = Int(header[1] ^ isMasked)
        var headerBytes = 2
        if length == 126 {
            length = Int(header[2]) << 8 | Int(header[3])
            guard length > 125 else { return nil }
            headerBytes = 4
        } else {
            // Also a wrong mask bit comes out above 125.
            guard length <= 125 else { return nil }
        }
        let payloadStart = headerBytes + maskBytes
        guard length <= available - payloadStart, length <= limits.maxMessageBytes else { return nil }
        let payload = Self.piece(of: bytes, at: cursor + payloadStart, count: length)
        var isASCII = false
        if maskBytes > 0 {
            let key = MaskingKey(in: UnsafeRawBufferPointer(header).bytes, at: headerBytes)
            isASCII = key.apply(to: payload, phase: 0)
        }
        cursor += payloadStart + length
        let whole = UnsafeRawBufferPointer(payload)
        guard isText else { return .borrowed(.binary, whole) }
        if isASCII { return .borrowed(.text, whole) }
        var validator = UTF8Validator()
        guard validator.consume(whole.bytes), validator.isComplete else { throw .invalidText }
        return .borrowed(.text, whole)
    }

    // MARK: Any case

    private mutating func nextPiece(
        _ bytes: UnsafeMutableRawBufferPointer, _ cursor: inout Int
    ) throws(WebSocketViolation) -> Found? {
        defer { forgetWhatIsWhole() }
        while !hasEnded {
            var frame: OpenFrame
            if let open = remainder.value?.frame {
                frame = open
            } else {
                guard let header = try nextHeader(bytes, &cursor) else { return nil }
                try begin(header)
                frame = OpenFrame(header: header, received: 0)
            }
            let taken = min(frame.header.payloadBytes - frame.received, bytes.count - cursor)
            let isFirstPiece = frame.received == 0
            let isWhole = frame.received + taken == frame.header.payloadBytes
            guard taken > 0 || isWhole else {
                // Only the header is here: the payload may still come in one piece.
                remainder[initially: Remainder()].frame = frame
                return nil
            }
            let piece = Self.piece(of: bytes, at: cursor, count: taken)
            cursor += taken
            if let key = frame.header.key { key.apply(to: piece, phase: frame.received) }
            frame.received += taken
            if !isWhole || !remainder.isEmpty { remainder[initially: Remainder()].frame = isWhole ? nil : frame }
            let payload = UnsafeRawBufferPointer(piece)
            let found =
                frame.header.opcode.isControl
                ? try takeControl(frame.header, payload, isFirstPiece, isWhole)
                : try takeData(frame.header, payload, isFirstPiece, isWhole)
            if let found { return found }
            if !isWhole { return nil }
        }
        return nil
    }

    /// Between two messages a connection owns no memory here.
    private mutating func forgetWhatIsWhole() {
        if let kept = remainder.value, kept.isEmpty { remainder.removeValue() }
    }

    // MARK: Headers

    private mutating func nextHeader(
        _ bytes: UnsafeMutableRawBufferPointer, _ cursor: inout Int
    ) throws(WebSocketViolation) -> FrameHeader? {
        let isInMessage = remainder.value?.message != nil
        let mayCompress = compression != nil
        if remainder.value?.header.isEmpty ?? true {
            let rest = UnsafeRawBufferPointer(bytes).bytes.extracting(droppingFirst: cursor)
            if let header = try FrameHeader.parse(
                rest, role: role, isInMessage: isInMessage, mayCompress: mayCompress)
            {
                cursor += header.headerBytes
                return header
            }
        }
        // At most 13 bytes are left of a header that is not whole.
        while cursor < bytes.count {
            remainder[initially: Remainder()].header.append(bytes[cursor])
            cursor += 1
            if let header = try remainder[initially: Remainder()].header.parse(
                role: role, isInMessage: isInMessage, mayCompress: mayCompress)
            {
                remainder[initially: Remainder()].header.removeAll()
                return header
            }
        }
        return nil
    }

    /// Checks a data frame against the limits before any of its payload is taken.
    private mutating func begin(_ header: FrameHeader) throws(WebSocketViolation) {
        switch header.opcode {
        case .close, .ping, .pong: break
        case .continuation: try remainder[initially: Remainder()].message?.begin(header, limits: limits)
        case .text, .binary:
            let most = header.isCompressed ? limits.compressedMessageBytes : limits.maxMessageBytes
            guard header.payloadBytes <= most else { throw .messageTooBig }
        }
    }

    // MARK: Payloads

    private mutating func takeData(
        _ header: FrameHeader, _ piece: UnsafeRawBufferPointer, _ isFirstPiece: Bool, _ isWhole: Bool
    ) throws(WebSocketViolation) -> Found? {
        if isFirstPiece, header.opcode != .continuation {
            if isWhole, header.isFinal, !header.isCompressed {
                if header.opcode == .text {
                    var validator = UTF8Validator()
                    guard validator.consume(piece.bytes), validator.isComplete else { throw .invalidText }
                }
                return .borrowed(header.opcode, piece)
            }
            let inflater = header.isCompressed ? compression?.borrowInflater() : nil
            var begun = PartialMessage(isText: header.opcode == .text, inflater: inflater)
            try begun.begin(header, limits: limits)
            remainder[initially: Remainder()].message = begun
        }
        try remainder[initially: Remainder()].message?.receive(
            piece, limits: limits, using: compression?.pool.scratch)
        guard isWhole, header.isFinal, var whole = remainder.value?.message else { return nil }
        // The copy that is left behind goes first, so that the payload has one owner.
        remainder[initially: Remainder()].message = nil
        try whole.end(limits: limits, using: compression?.pool.scratch)
        if let inflater = whole.inflater { compression?.giveBack(inflater) }
        return .owned(whole.isText ? .text : .binary, whole.payload)
    }

    private mutating func takeControl(
        _ header: FrameHeader, _ piece: UnsafeRawBufferPointer, _ isFirstPiece: Bool, _ isWhole: Bool
    ) throws(WebSocketViolation) -> Found? {
        if isFirstPiece, isWhole {
            return header.opcode == .close ? try takeClose(piece) : .borrowed(header.opcode, piece)
        }
        remainder[initially: Remainder()].controlPayload.append(contentsOf: piece)
        guard isWhole else { return nil }
        let payload = remainder.value?.controlPayload ?? []
        remainder[initially: Remainder()].controlPayload = []
        guard header.opcode == .close else { return .owned(header.opcode, payload) }
        return try takeClose(payload.span.bytes)
    }

    private mutating func takeClose(_ payload: UnsafeRawBufferPointer) throws(WebSocketViolation) -> Found {
        try takeClose(payload.bytes)
    }

    private mutating func takeClose(_ payload: RawSpan) throws(WebSocketViolation) -> Found {
        guard payload.byteCount > 0 else {
            end()
            return .close(nil, reason: [])
        }
        guard payload.byteCount >= 2 else { throw .truncatedCloseCode }
        let code = CloseCode(UInt16(bigEndian: payload.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self)))
        guard code.isValidOnWire else { throw .invalidCloseCode }
        let reason = payload.extracting(droppingFirst: 2)
        var validator = UTF8Validator()
        guard validator.consume(reason), validator.isComplete else { throw .invalidCloseReason }
        end()
        return .close(code, reason: reason.withUnsafeBytes { Array($0) })
    }

    /// A part of the bytes read. Slicing a buffer pointer is unchecked in release builds, so the bounds are checked here.
    @inline(__always)
    private static func piece(
        of bytes: UnsafeMutableRawBufferPointer, at start: Int, count: Int
    ) -> UnsafeMutableRawBufferPointer {
        precondition(start >= 0 && count >= 0 && count <= bytes.count - start, "a piece lies within the bytes read")
        return UnsafeMutableRawBufferPointer(rebasing: bytes[start..<(start + count)])
    }
}

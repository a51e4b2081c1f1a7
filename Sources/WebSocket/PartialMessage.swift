/// A message of which not all fragments, or not all bytes, are there yet (RFC 6455 §5.4). Owns what was received of it; of a
/// compressed one, what was inflated.
struct PartialMessage: Sendable {
    let isText: Bool
    private(set) var payload: [UInt8] = []
    /// Nil: the message is not compressed.
    let inflater: Inflater?
    private var compressedBytes = 0
    private var fragments: Int32 = 0
    private var emptyInARow: Int32 = 0
    private var validator = UTF8Validator()

    init(isText: Bool, inflater: Inflater? = nil) {
        self.isText = isText
        self.inflater = inflater
    }

    /// Counts in a frame of this message by what its header declares. Takes no memory.
    mutating func begin(_ header: FrameHeader, limits: WebSocketLimits) throws(WebSocketViolation) {
        let (most, soFar) =
            inflater == nil
            ? (limits.maxMessageBytes, payload.count) : (limits.compressedMessageBytes, compressedBytes)
        guard header.payloadBytes <= most - soFar else { throw .messageTooBig }
        compressedBytes = soFar + header.payloadBytes
        fragments += 1
        emptyInARow = header.payloadBytes == 0 ? emptyInARow + 1 : 0
        guard fragments <= limits.maxFragments, emptyInARow <= limits.maxConsecutiveEmptyFragments else {
            throw .tooManyFragments
        }
    }

    /// Takes over unmasked bytes as they came.
    mutating func receive(
        _ piece: UnsafeRawBufferPointer, limits: WebSocketLimits, using scratch: UnsafeMutableRawBufferPointer?
    ) throws(WebSocketViolation) {
        guard let inflater, let scratch else { return try append(piece, limits: limits) }
        var rest = piece
        var step = Inflater.Step.goesOn
        while step == .goesOn {
            // One byte more than there may be shows that there is too much.
            let room = limits.maxMessageBytes - payload.count
            let output = room < scratch.count ? UnsafeMutableRawBufferPointer(rebasing: scratch[...room]) : scratch
            let (next, produced) = inflater.step(&rest, into: output)
            // What came out before a mistake is looked at before it, as it would be had it come by itself.
            try append(UnsafeRawBufferPointer(rebasing: output.prefix(min(produced, room))), limits: limits)
            guard produced <= room else { throw .messageTooBig }
            guard next != .invalid else { throw .invalidCompression }
            step = next
        }
    }

    /// Memory grows with what is there, not with what was declared, and not above the limit.
    private mutating func append(
        _ piece: UnsafeRawBufferPointer, limits: WebSocketLimits
    ) throws(WebSocketViolation) {
        if isText { guard validator.consume(piece.bytes) else { throw .invalidText } }
        let wanted = payload.count + piece.count
        if wanted > payload.capacity {
            payload.reserveCapacity(max(wanted, min(2 * payload.capacity, limits.maxMessageBytes)))
        }
        payload.append(contentsOf: piece)
    }

    /// The last fragment is whole: `payload` is the message.
    mutating func end(
        limits: WebSocketLimits, using scratch: UnsafeMutableRawBufferPointer?
    ) throws(WebSocketViolation) {
        if let inflater, !inflater.isAtBoundary {
            // What the sender left out (RFC 7692 §7.2.2).
            let result = Inflater.tail.withUnsafeBytes { tail in
                Result { () throws(WebSocketViolation) in try receive(tail, limits: limits, using: scratch) }
            }
            try result.get()
            guard inflater.isAtBoundary else { throw .invalidCompression }
        }
        if isText { guard validator.isComplete else { throw .invalidText } }
    }
}

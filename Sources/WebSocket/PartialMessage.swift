/// A message of which not all fragments, or not all bytes, are there yet (RFC 6455 §5.4). Owns what was received of it.
struct PartialMessage: Sendable {
    let isText: Bool
    private(set) var payload: [UInt8] = []
    private var fragments = 0
    private var emptyInARow = 0
    private var validator = UTF8Validator()

    init(isText: Bool) { self.isText = isText }

    /// Counts in a frame of this message by what its header declares. Takes no memory.
    mutating func begin(_ header: FrameHeader, limits: WebSocketLimits) throws(WebSocketViolation) {
        guard header.payloadBytes <= limits.maxMessageBytes - payload.count else { throw .messageTooBig }
        fragments += 1
        emptyInARow = header.payloadBytes == 0 ? emptyInARow + 1 : 0
        guard fragments <= limits.maxFragments, emptyInARow <= limits.maxConsecutiveEmptyFragments else {
            throw .tooManyFragments
        }
    }

    /// Takes over unmasked bytes; memory grows with what is there, not with what was declared.
    mutating func append(_ piece: UnsafeRawBufferPointer) throws(WebSocketViolation) {
        if isText { guard validator.consume(piece.bytes) else { throw .invalidText } }
        payload.append(contentsOf: piece)
    }

    /// The last fragment is whole: the payload is the message.
    func end() throws(WebSocketViolation) {
        if isText { guard validator.isComplete else { throw .invalidText } }
    }
}

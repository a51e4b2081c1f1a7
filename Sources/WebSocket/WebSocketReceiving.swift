/// Gets what a `WebSocketDecoder` finds, in the order of the wire.
///
/// Payloads point into the bytes that were read or into memory of the decoder; they are valid during the call only.
package protocol WebSocketReceiving {
    /// Asked before each frame. False ends the decoder for good: what follows is dropped unread.
    var isInterested: Bool { get }

    /// A whole text message, valid UTF-8.
    mutating func receiveText(_ payload: UnsafeRawBufferPointer)

    /// A whole binary message.
    mutating func receiveBinary(_ payload: UnsafeRawBufferPointer)

    /// A ping of at most 125 bytes; the answer is a pong with the same bytes (RFC 6455 §5.5.2).
    mutating func receivePing(_ payload: UnsafeRawBufferPointer)

    /// A pong of at most 125 bytes, asked for or not (RFC 6455 §5.5.3).
    mutating func receivePong(_ payload: UnsafeRawBufferPointer)

    /// The peer's Close frame: the last thing that is received. `code` is nil when the frame was empty; `reason` is valid
    /// UTF-8 of at most 123 bytes.
    mutating func receiveClose(code: CloseCode?, reason: [UInt8])
}

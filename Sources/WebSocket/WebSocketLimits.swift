/// The bounds of what one peer may make a `WebSocketDecoder` hold or repeat.
package struct WebSocketLimits: Sendable, Equatable {
    // Each connection has a copy, hence the narrow types.

    /// Payload bytes of one message, all its fragments together: the memory that one peer may claim. A frame that declares
    /// more is refused with 1009 as soon as its header is there, before any memory is taken for it.
    package var maxMessageBytes = 65_536

    /// Frames of one message. Every frame costs work whatever its size, so this bounds the work of a message. Beyond: 1009.
    package var maxFragments: Int32 = 1_024

    /// Empty frames in a row within one message. They bring nothing nearer to the message's end; an encoder that flushes
    /// without data sends one or two. Beyond: 1009.
    package var maxConsecutiveEmptyFragments: Int32 = 16

    /// Payload bytes of one compressed message, all its fragments together: what `maxMessageBytes` may become when nothing
    /// in it repeats and the sender writes small blocks. Inflated it may have no more than `maxMessageBytes`. Beyond: 1009.
    package var compressedMessageBytes: Int {
        let (sum, overflows) = maxMessageBytes.addingReportingOverflow(maxMessageBytes / 8 + 1_024)
        return overflows ? .max : sum
    }

    package init() {}
}

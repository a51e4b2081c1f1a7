/// Bounds of one reply's decoding. A provider that passes one has failed with `protocolViolation`.
package struct ReplyLimits: Sendable {
    /// Bytes of one event of the stream; the largest real ones hold a whole function call.
    package var maxEventBytes = 1024 * 1024
    /// Bytes of an error answer that are looked at; the rest is dropped.
    package var maxErrorBytes = 64 * 1024
    /// Tool calls in one reply.
    package var maxToolCalls = 32
    /// Bytes of all tool calls' arguments together.
    package var maxArgumentBytes = 256 * 1024
    /// Body bytes of one answer, before decoding: a reply of 4 000 tokens is about 1 MB of events.
    package var maxBodyBytes = 16 * 1024 * 1024

    package init() {}
}

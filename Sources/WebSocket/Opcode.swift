/// What a frame is (RFC 6455 §5.2). The values 3–7 and 11–15 are reserved, so there are no cases for them.
package enum Opcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// A control frame: at most 125 payload bytes, never fragmented, and allowed between the fragments of a message
    /// (RFC 6455 §5.5).
    package var isControl: Bool { rawValue >= Opcode.close.rawValue }
}

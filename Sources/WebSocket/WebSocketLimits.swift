/// The bounds of one WebSocket's input.
package struct WebSocketLimits: Sendable, Equatable {
    /// Payload bytes of a message, all fragments together. Beyond: 1009, before anything is allocated.
    package var maxMessageBytes = 65_536
    /// Frames of one message. Beyond: 1009; a stream of empty fragments costs work without end.
    package var maxFragments = 1024

    package init() {}
}

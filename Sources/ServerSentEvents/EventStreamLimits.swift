/// The bounds of what one stream may make an `EventDecoder` hold.
package struct EventStreamLimits: Sendable, Equatable {
    /// Bytes of one line, without its end. Beyond: `EventStreamViolation.lineTooLong`. One model answer that is sent as a
    /// single event fits many times over.
    package var maxLineBytes = 256 * 1_024

    /// Data bytes of one event, the line feeds between its lines included. Beyond: `EventStreamViolation.eventTooLarge`.
    package var maxEventBytes = 1_024 * 1_024

    package init() {}
}

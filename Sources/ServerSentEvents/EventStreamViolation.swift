/// A stream passed a bound of `EventStreamLimits`. The format itself cannot be violated: what is not understood is ignored
/// or reported as a stray line.
package enum EventStreamViolation: Error, Equatable, Sendable {
    case lineTooLong, eventTooLarge
}

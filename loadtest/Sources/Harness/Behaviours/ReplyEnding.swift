/// How a reply ended: exactly one of these comes behind each `reply.started`.
enum ReplyEnding: String, CaseIterable {
    case completed, cancelled, interrupted, failed

    /// Nil when the event is another one.
    init?(_ event: SeenEvent) {
        if event.isNamed("reply.completed") {
            self = .completed
        } else if event.isNamed("reply.cancelled") {
            self = .cancelled
        } else if event.isNamed("reply.interrupted") {
            self = .interrupted
        } else if event.isNamed("reply.failed") {
            self = .failed
        } else {
            return nil
        }
    }
}

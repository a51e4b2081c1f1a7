internal import Primitives

/// What is measured of many replies, through the server or straight from the stand-in.
struct ReplyMeasurements {
    /// Replies that begin before this instant fill the pipe; they are not measured.
    var measuresFrom = Instant(nanoseconds: .max)
    /// From the intended send to the first text, less the time that the stand-in was told to wait.
    private(set) var firstText = Histogram()
    /// Between two pieces of text of one reply.
    private(set) var gap = Histogram()
    private(set) var started = 0
    private(set) var ended = 0
    /// Arrivals that found their slot still busy: the reply before took longer than it should.
    var overruns = 0
    private(set) var mostAtOnce = 0

    var atOnce: Int { started - ended }

    mutating func start() {
        started += 1
        mostAtOnce = max(mostAtOnce, atOnce)
    }

    mutating func end() { ended += 1 }

    mutating func receiveFirst(at: Instant, intended: Instant, pace: Duration) {
        guard intended >= measuresFrom else { return }
        firstText.record(max(.zero, at.since(intended) - pace))
    }

    mutating func receiveMore(at: Instant, last: Instant, intended: Instant) {
        guard intended >= measuresFrom else { return }
        gap.record(at.since(last))
    }
}

internal import JSON
internal import Primitives

/// How the replies of the advisor scenario are spread: slots that each ask again once their reply must be over, evenly out
/// of step, so that on average `replies` stream at any moment.
struct ReplyPlan {
    /// What a slot waits between the planned end of a reply and its next question, as a share of the reply's length.
    private static let pause = 0.25

    let slots: Int
    let perSecond: Double
    /// From the question to the last token, as the stand-in is told.
    let length: Duration
    let firstToken: Duration
    let behaviour: JSONValue

    init(_ options: LoadOptions) {
        let seconds =
            Double(options.firstTokenMilliseconds) / 1000 + Double(options.tokens) / Double(options.tokensPerSecond)
        let period = seconds * (1 + Self.pause)
        slots = Int((Double(options.replies) * (1 + Self.pause)).rounded(.up))
        perSecond = Double(slots) / period
        length = .milliseconds(Int64(seconds * 1000))
        firstToken = .milliseconds(options.firstTokenMilliseconds)
        behaviour = [
            "tokens": .integer(Int64(options.tokens)), "tokensPerSecond": .integer(Int64(options.tokensPerSecond)),
            "firstTokenMs": .integer(Int64(options.firstTokenMilliseconds)),
        ]
    }

    /// Arrivals for the ramp and then `seconds`. The ramp is as long as one reply.
    func schedule(from start: Instant, seconds: Int) -> ArrivalSchedule {
        ArrivalSchedule(
            start: start, perSecond: perSecond, count: Int((length.inSeconds + Double(seconds)) * perSecond))
    }

    func measuresFrom(_ start: Instant) -> Instant { start.advanced(by: length) }
}

internal import JSON
internal import Primitives

/// How any stand-in behaves, set through `POST /_control/{name}`. Members that are not given keep their value.
struct Behaviour: Sendable, Equatable {
    /// Before anything is answered.
    var latency = Duration.zero
    /// The share of calls that fail, 0…1, with `failureStatus`.
    var failRate = 0.0
    var failureStatus = 500
    /// Every call is answered with this status; nil behaves.
    var status: Int?
    /// Calls are taken and never answered.
    var hangs = false
    /// The connection breaks after so many bytes of a body.
    var disconnectAfterBytes: Int?
    /// `Retry-After` of failing answers, in seconds.
    var retryAfterSeconds: Int?

    static let maxDelay = 600_000.0

    /// Takes a member that is of all stand-ins; false when it is not.
    mutating func change(_ member: JSONObject.Member) throws(BehaviourError) -> Bool {
        switch member.name {
        case "latencyMs": latency = try member.milliseconds()
        case "failRate":
            guard let rate = member.value.double, (0...1).contains(rate) else {
                throw BehaviourError("failRate is 0 to 1")
            }
            failRate = rate
        case "status": status = try member.status()
        case "failStatus": failureStatus = try member.status() ?? 500
        case "hang": hangs = try member.flag()
        case "disconnectAfterBytes": disconnectAfterBytes = try member.count()
        case "retryAfterSeconds": retryAfterSeconds = try member.count()
        default: return false
        }
        return true
    }

    /// As `GET /_control/{name}` shows it.
    var json: JSONObject {
        [
            "latencyMs": .double(latency.inSeconds * 1000), "failRate": .double(failRate),
            "failStatus": .integer(Int64(failureStatus)), "status": JSONValue(status.map(Int64.init)),
            "hang": .bool(hangs), "disconnectAfterBytes": JSONValue(disconnectAfterBytes.map(Int64.init)),
            "retryAfterSeconds": JSONValue(retryAfterSeconds.map(Int64.init)),
        ]
    }
}

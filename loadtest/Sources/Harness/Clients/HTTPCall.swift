internal import HTTP1
internal import JSON
internal import Primitives

/// A request that the harness makes: whole, so that it can be sent again.
struct HTTPCall {
    let method: HTTPMethod
    let path: String
    let target: HTTPTarget
    let body: JSONValue?
    let token: Secret?
    /// `Idempotency-Key`: the same for every try of one command.
    let key: String?

    init(
        _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, token: Secret? = nil, key: String? = nil
    ) throws(LoadFailure) {
        self.method = method
        self.path = path
        target = try HTTPChannel.target(path)
        self.body = body
        self.token = token
        self.key = key
    }
}

/// What was answered, all of it.
struct HTTPAnswer {
    let status: Int
    let body: [UInt8]

    var isSuccess: Bool { (200..<300).contains(status) }
    /// Null when it is not JSON.
    var json: JSONValue {
        do { return try JSONParser.parse(body) } catch { return .null }
    }
    /// The contract's code of what was refused (`application/problem+json`).
    var fault: Int64? { json["code"]?.integer }
    /// For errors by name: the fault's code, else the status.
    var errorName: String { fault.map { "fault \($0)" } ?? "HTTP \(status)" }
    /// Told by servers that something is theirs, and may be another thing soon.
    var mayBeTriedAgain: Bool { status == 429 || status == 500 || status >= 502 }
    /// For messages: what it says, cut.
    var excerpt: String { String(decoding: body.prefix(300), as: UTF8.self) }
}

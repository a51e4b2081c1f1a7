internal import JSON
internal import Ports

/// One provider's way of streaming a reply: events of the stream in, `reply` filled. Pure; one value a reply.
protocol ReplyDecoder: Sendable {
    var reply: ReplyState { get set }

    /// One server-sent event. Whatever the provider writes, this neither traps nor grows beyond the limits.
    mutating func receive(name: String, data: [UInt8])

    /// What an error object means, in a stream (`status` nil) or as the body of an answer that is no success. Nil when its
    /// words say nothing: the status then decides.
    func failure(of error: JSONValue, status: Int?) -> ProviderFailure?
}

extension ReplyDecoder {
    /// The event's JSON, or nil after having failed the reply.
    mutating func parse(_ data: [UInt8]) -> JSONValue? {
        if let value = JSONValue(whole: data) { return value }
        reply.fail(.transient(.protocolViolation, retryAfter: nil))
        return nil
    }

    /// An error in the middle of a stream; one in words that we do not know is the server's.
    func failure(of error: JSONValue) -> ProviderFailure {
        failure(of: error, status: nil) ?? .transient(.serverError, retryAfter: nil)
    }
}

extension JSONValue {
    /// The member `error` of this object, or of the only element of this array.
    var errorObject: JSONValue? {
        guard let error = (array?.first ?? self)["error"], !error.isNull else { return nil }
        return error
    }
}

internal import HTTPClient
internal import JSON
package import Ports
internal import ServerSentEvents

/// The bytes of one provider's answer → model events. Pure.
///
/// Besides server-sent events it looks at lines that are none: some front ends report an error in the middle of a stream as
/// bare JSON, pretty-printed over several lines or wrapped in an array.
package struct ReplyStreamDecoder: Sendable {
    private var events: EventDecoder
    private var stray: StrayText
    private var decoder: any ReplyDecoder

    init(_ decoder: any ReplyDecoder, limits: ReplyLimits) {
        self.decoder = decoder
        var bounds = EventStreamLimits()
        bounds.maxLineBytes = limits.maxEventBytes
        bounds.maxEventBytes = limits.maxEventBytes
        events = EventDecoder(limits: bounds)
        stray = StrayText(maxBytes: limits.maxErrorBytes)
    }

    /// True once `finished` or `failed` was returned.
    package var isOver: Bool { decoder.reply.isOver }
    /// What the reply has cost so far, given that the provider accepted the request.
    package var usage: ModelUsage { decoder.reply.usage }

    /// The next bytes of a successful answer, cut anywhere.
    package mutating func receive(_ bytes: [UInt8]) -> [ModelEvent] {
        guard !isOver else { return [] }
        stray.receive(bytes)
        var received: [ServerSentEvent] = []
        var isTooLarge = false
        do throws(EventStreamViolation) {
            try events.receive(bytes) { item in
                // Lines that are no event are gathered by `stray`, which also sees the last one without an end.
                if case .event(let event) = item { received.append(event) }
            }
        } catch {
            isTooLarge = true
        }
        for event in received where !isOver { decoder.receive(name: event.type, data: event.data) }
        if isTooLarge { decoder.reply.fail(.transient(.protocolViolation, retryAfter: nil)) }
        return decoder.reply.takeEvents()
    }

    /// The answer ended, well (`failure` nil) or not. What the model said before it is complete when a reason to stop came.
    package mutating func end(_ failure: ProviderFailure? = nil) -> [ModelEvent] {
        guard !isOver else { return [] }
        if decoder.reply.finish != nil {
            decoder.reply.end()
        } else if let error = strayError {
            decoder.reply.fail(decoder.failure(of: error))
        } else {
            decoder.reply.fail(failure ?? .transient(.cutOff, retryAfter: nil))
        }
        return decoder.reply.takeEvents()
    }

    /// What an answer that is no success means.
    package func failure(
        status: Int, retryAfter: Duration?, shouldRetry: String?, body: [UInt8]
    ) -> ProviderFailure {
        let byStatus = ProviderFailure(status: status, retryAfter: retryAfter)
        guard let error = JSONValue(whole: body)?.errorObject else {
            return byStatus.obeying(shouldRetry: shouldRetry)
        }
        return (decoder.failure(of: error, status: status) ?? byStatus).waiting(retryAfter)
            .obeying(shouldRetry: shouldRetry)
    }

    private var strayError: JSONValue? {
        JSONValue(whole: stray.whole)?.errorObject
    }
}

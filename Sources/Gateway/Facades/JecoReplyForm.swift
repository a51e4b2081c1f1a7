internal import Domain
internal import HTTP1
internal import JSON
internal import ServerSentEvents
internal import Transport
internal import WireProtocol

/// JECO's answer to a message: its envelope, or with `Accept: text/event-stream` the frames on the way, then the envelope.
/// Confined to the exchange's loop.
final class JecoReplyForm: ChatReplyForm, @unchecked Sendable {
    private let request: RoutedRequest
    private let streams: Bool
    private var isStreaming = false

    init(_ request: RoutedRequest) {
        self.request = request
        streams = request.request.headers.all("Accept").contains { $0.contains("text/event-stream") }
    }

    func begin() {
        guard streams else { return }
        isStreaming = true
        var headers = HTTPHeaders()
        headers.add("Content-Type", "text/event-stream; charset=utf-8")
        headers.add("Cache-Control", "no-store")
        headers.add("X-Accel-Buffering", "no")
        request.exchange.startStreaming(.ok, headers)
    }

    func show(_ text: String, at position: Int64, frame: [UInt8]) { show(event: frame) }

    func show(event frame: [UInt8]) {
        if isStreaming { request.exchange.write(EventEncoder.event(data: frame, id: nil)) }
    }

    func succeed(_ outcome: ChatOutcome) {
        let profile = outcome.state.profile
        let data: JSONValue = [
            "conversationId": .string(outcome.conversation), "messageId": .string(outcome.message),
            "response": [
                "content": .string(outcome.reply?.text ?? ""),
                "status": .string(outcome.reply?.status.rawValue ?? "none"),
                "intent": .string(profile.intent.rawValue), "financialProfile": profile.json,
                "productRecommendations": .array(outcome.state.products.map(\.json)),
            ],
        ]
        guard isStreaming else { return request.exchange.respond(ChatFacade.success(data)) }
        request.exchange.write(
            EventEncoder.event(data: JSONValue.object(["success": true, "data": data]).bytes, id: nil, name: "result"))
        request.exchange.finish()
    }

    func refuse(_ fault: Fault) {
        guard isStreaming else { return ChatFacade.refuse(request, fault) }
        show(event: ServerFrame.fault(id: nil, fault))
        request.exchange.finish()
    }
}

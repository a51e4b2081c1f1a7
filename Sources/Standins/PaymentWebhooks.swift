internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor
internal import Transport

/// What a gateway tells of a payment, ready to be signed for each try.
struct PaymentEvent {
    let id: String
    /// What the control's answer says of it.
    let facts: JSONObject
    let message: (PaymentSending) -> PaymentMessage
}

/// One try's circumstances.
struct PaymentSending {
    /// What the signature says of the time.
    let at: Timestamp
    let isLive: Bool
    let hasWrongSignature: Bool
}

struct PaymentMessage {
    let headers: [(String, String)]
    let body: [UInt8]
}

/// Takes orders for webhooks of one gateway and carries them out: `{server}/webhooks/{tenant}/{gateway}`. Confined to the stand-ins'
/// loop.
final class PaymentWebhooks {
    /// Events that can be sent again.
    static let maxEvents = 10_000
    /// Before the first further try; each one's is twice as long as the one's before it, up to the longest.
    static let minPause = Duration.milliseconds(100)
    static let maxPause = Duration.seconds(2)

    private let gateway: String
    private let serverURL: String
    private let loop: EventLoop
    private let post: WebhookPost
    private var events = Recent<String, PaymentEvent>(maxEntries: maxEvents)

    init(_ gateway: String, _ configuration: StandinServer.Configuration, loop: EventLoop) {
        self.gateway = gateway
        self.loop = loop
        serverURL = configuration.serverURL
        post = WebhookPost(loop: loop, userAgent: "Sala-standin/1.0", authoritiesPath: configuration.authoritiesPath)
    }

    /// Answers the control when the server has answered, or has had its last try.
    func carryOut(
        _ order: PaymentOrder, _ exchange: HTTPExchange,
        event make: (PaymentOrder) throws(BehaviourError) -> PaymentEvent
    ) {
        let event: PaymentEvent
        do throws(BehaviourError) {
            if let known = order.event.flatMap({ events[$0] }) {
                event = known
            } else {
                guard !order.payment.isEmpty || order.charge != nil else {
                    throw BehaviourError("event: there is no such one")
                }
                event = try make(order)
                events.note(event, for: event.id)
            }
        } catch {
            return exchange.respond(.json(.badRequest, ["error": .string(error.detail)]))
        }
        let url = order.url ?? "\(serverURL)/webhooks/\(order.tenant)/\(gateway)"
        if order.delay == .zero { return send(event, order, url, exchange, number: 1) }
        loop.schedule(after: order.delay) { [self] in send(event, order, url, exchange, number: 1) }
    }

    private func send(
        _ event: PaymentEvent, _ order: PaymentOrder, _ url: String, _ exchange: HTTPExchange, number: Int
    ) {
        let time = loop.time.wallClock.advanced(by: .zero - order.age)
        let message = event.message(
            PaymentSending(at: time, isLive: order.isLive, hasWrongSignature: order.hasWrongSignature))
        post.send(message.body, to: url, headers: message.headers) { [self] outcome in
            guard !(200..<300).contains(outcome.status), number <= order.retries else {
                return exchange.respond(
                    .json(.ok, .object(Self.answer(event, message, outcome, url, number: number))))
            }
            loop.schedule(after: Self.pause(before: number)) { [self] in
                send(event, order, url, exchange, number: number + 1)
            }
        }
    }

    private static func pause(before number: Int) -> Duration {
        min(minPause * (1 << min(number - 1, 10)), maxPause)
    }

    private static func answer(
        _ event: PaymentEvent, _ message: PaymentMessage, _ outcome: WebhookPost.Outcome, _ url: String, number: Int
    ) -> JSONObject {
        var answer = outcome.json
        answer["tries"] = .integer(Int64(number))
        answer["event"] = .string(event.id)
        for fact in event.facts.members { answer[fact.name] = fact.value }
        var headers = JSONObject()
        for (name, value) in message.headers { headers[name] = .string(value) }
        answer["sent"] = [
            "url": .string(url), "headers": .object(headers),
            "body": .string(String(decoding: message.body, as: UTF8.self)),
        ]
        return answer
    }
}

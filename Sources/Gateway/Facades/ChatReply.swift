internal import Domain
internal import JSON
internal import Primitives
internal import Reactor
internal import Sessions
internal import Transport
internal import WireProtocol

/// One request of a façade that waits for the advisor: follows the conversation from its message to the end of the reply, and
/// tells of it in the platform's form. Confined to the exchange's loop.
final class ChatReply: Subscriber, @unchecked Sendable {
    let caller: Caller
    let loopIndex: Int
    var place: Int32 = -1
    private let request: RoutedRequest
    private let address: SessionAddress
    private let form: any ChatReplyForm
    private var message = ""
    private var messageOffset: Int64 = 0
    /// The reply that answers the message: known from the start, or the first one that begins after it.
    private var reply: String?
    private var isDone = false
    private var timer: ScheduledTimer?

    init(request: RoutedRequest, address: SessionAddress, caller: Caller, form: any ChatReplyForm) {
        self.request = request
        self.address = address
        self.caller = caller
        self.form = form
        loopIndex = request.exchange.loop.index
    }

    /// The message is durable; now its answer is awaited.
    func messageSent(_ answer: CommandAnswer) {
        let body = Self.parse(answer.body)
        message = body?["message"]?.string ?? ""
        reply = body?["reply"]?.string
        messageOffset = answer.offset
        request.exchange.peerGone = { [self] in finish() }
        form.begin()
        timer = request.exchange.loop.schedule(after: request.gateway.configuration.replyTimeout) { [weak self] in
            self?.fail(Fault(.timeout, "the advisor did not answer in time"))
        }
        let subscribe = SubscribeRequest(id: nil, session: address.path, from: nil, mode: .all)
        let refused: @Sendable (Fault) -> Void = request.onLoop { [self] in fail($0) }
        let found: @Sendable (Conversation) -> Void = request.onLoop { [self] in inspect($0) }
        let address = address
        let caller = caller
        request.services.withRegistry(of: address) { [self] registry in
            registry.subscribe(address, subscribe, self, refused)
            // What ended before the subscription began is in the state.
            registry.readConversation(address, caller, refused, { $0 }, found)
        }
    }

    private func inspect(_ conversation: Conversation) {
        guard !isDone else { return }
        guard conversation.facts.hasAdvisor else { return succeed(nil, conversation) }
        if let reply, let ended = conversation.messages.last(where: { $0.reply == reply }) {
            succeed(ended, conversation)
        }
    }

    // MARK: Subscriber

    var lane: DeliveryLane? { nil }

    func open(with publications: [Publication], in list: SubscriberList) { receive(publications) }

    func receive(_ burst: PublicationBurst) { receive(burst.publications) }

    private func receive(_ publications: [Publication]) {
        guard !isDone else { return }
        for publication in publications {
            switch publication.content {
            // What the reply said before the subscription began comes as one delta behind the snapshot.
            case .opening: if publication.json.starts(with: Self.deltaStart) { showOpening(Array(publication.json)) }
            case .signal, .value: break
            case .delta(let reply, let position, let text):
                if reply == self.reply { form.show(text, at: position, frame: Array(publication.json)) }
            case .event(let offset, let name):
                guard offset > messageOffset,
                    name.hasPrefix("reply.") || name.hasPrefix("profile.") || name.hasPrefix("products.")
                else { break }
                form.show(event: Array(publication.json))
                if name.hasPrefix("reply.") { replyChanged(name, Array(publication.json)) }
            }
        }
    }

    private func showOpening(_ frame: [UInt8]) {
        let delta = Self.parse(frame)
        // Another message's reply may be open while this one waits.
        guard let text = delta?["text"]?.string, let reply = delta?["reply"]?.string, reply == self.reply else {
            return
        }
        form.show(text, at: delta?["at"]?.integer ?? 0, frame: frame)
    }

    private func replyChanged(_ name: String, _ json: [UInt8]) {
        guard let reply = Self.parse(json)?["data"]?["reply"]?.string else { return }
        if name == "reply.started" {
            if self.reply == nil { self.reply = reply }
        } else if reply == self.reply {
            let refused: @Sendable (Fault) -> Void = request.onLoop { [self] in fail($0) }
            let found: @Sendable (Conversation) -> Void = request.onLoop { [self] in inspect($0) }
            let address = address
            let caller = caller
            request.services.afterwardsWithRegistry(of: address) {
                $0.readConversation(address, caller, refused, { $0 }, found)
            }
        }
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) {
        fail(
            cause == .deleted
                ? Fault(.noSuchSession, "the conversation was deleted") : Fault(.overloaded, retryAfter: .seconds(1)))
    }

    // MARK: Answering

    private func succeed(_ ended: Message?, _ conversation: Conversation) {
        guard !isDone else { return }
        if let ended, ended.status == .failed, ended.text.isEmpty {
            return fail(Fault(.providerUnavailable, "the advisor could not answer"))
        }
        form.succeed(ChatOutcome(conversation: address.id, message: message, reply: ended, state: conversation))
        finish()
    }

    private func fail(_ fault: Fault) {
        guard !isDone else { return }
        form.refuse(fault)
        finish()
    }

    private func finish() {
        guard !isDone else { return }
        isDone = true
        timer?.cancel()
        let address = address
        request.services.afterwardsWithRegistry(of: address) { [self] in $0.unsubscribe(address, self) }
    }

    private static let deltaStart = Array(#"{"type":"delta""#.utf8)

    private static func parse(_ bytes: [UInt8]) -> JSONValue? {
        do { return try JSONParser.parse(bytes) } catch { return nil }
    }
}

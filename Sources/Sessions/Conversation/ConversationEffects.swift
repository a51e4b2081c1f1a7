package import Domain
internal import JSON
package import Ports
internal import Primitives
package import Reactor
internal import WireProtocol

/// Runs a conversation's replies: calls the model, gathers its text into `delta` frames, keeps what was said so far.
///
/// Deltas are coalesced to one frame an interval; the first is never delayed. The text is checkpointed while it grows, so
/// that a crash leaves at most a second of it behind. Confined to its session's loop (hence `@unchecked Sendable`).
package final class ConversationEffects: SessionEffects, @unchecked Sendable {
    package typealias Machine = Conversation

    package struct Configuration: Sendable {
        /// The least time between two `delta` frames of one reply.
        package var deltaInterval = Duration.milliseconds(25)
        /// The most time that shown text may be without a checkpoint; with more replies open than `OpenReplies` lets write, longer.
        package var checkpointInterval = Duration.milliseconds(900)
        /// Calls of one reply: a model that only called its tool is asked again with the tool's answer.
        package var maxRounds = 3
        /// A reply's text beyond this many bytes ends it as if the model had stopped for length.
        package var maxTextBytes = 64 * 1024
        /// The least time between two tellings of how far messages have come.
        package var deliveryInterval = Duration.milliseconds(200)
        package init() {}
    }

    private struct Running {
        let reply: String
        var prompt: ModelRequest
        var stream: (any ModelStream)?
        var round = 1
        var text = ""
        var textUTF16: Int64 = 0
        var unsent = ""
        var lastDelta: Instant?
        var deltaTimer: ScheduledTimer?
        var checkpointTimer: ScheduledTimer?
        var isHeld = false
        var toolCalls: [ModelToolCall] = []
        /// Of the rounds that are over.
        var usage: ReplyUsage?
        let startedAt: Instant

        mutating func append(_ more: String) {
            text += more
            unsent += more
        }
    }

    private let loop: EventLoop
    private let languageModel: any LanguageModel
    private let configuration: Configuration
    private let path: String
    private let persona: AdvisorPersona
    private let observe: @Sendable (ReplyObservation) -> Void
    private var port: SessionPort<Conversation>?
    private let openReplies: OpenReplies
    private var running: Running?
    private var presences = PresenceBook()
    private var deliveryTimer: ScheduledTimer?
    /// What is to be told when the timer ends.
    private var deliveries: [String: Int64] = [:]

    /// - Parameter openReplies: the loop's.
    package init(
        address: SessionAddress, loop: EventLoop, languageModel: any LanguageModel,
        persona: AdvisorPersona = .financial, openReplies: OpenReplies = OpenReplies(),
        configuration: Configuration = Configuration(),
        observe: @escaping @Sendable (ReplyObservation) -> Void = { _ in }
    ) {
        path = address.path
        self.loop = loop
        self.languageModel = languageModel
        self.persona = persona
        self.openReplies = openReplies
        self.configuration = configuration
        self.observe = observe
    }

    package var live: ConversationLive {
        ConversationLive(
            model: languageModel.model, openText: running?.text ?? "", openUsage: running.flatMap(usageSoFar(of:)),
            persona: persona)
    }

    package var isBusy: Bool { running != nil }
    package var isUnderWay: Bool { isBusy }

    package func attach(_ port: SessionPort<Conversation>) { self.port = port }

    // MARK: Effects

    package func prepare(_ effect: ConversationEffect) {
        guard case .holdReply(let reply) = effect, running?.reply == reply else { return }
        sendDelta()
        running?.isHeld = true
    }

    package func rolledBack() {
        guard running?.isHeld == true else { return }
        running?.isHeld = false
        sendDelta()
        scheduleCheckpoint()
    }

    package func run(_ effect: ConversationEffect) {
        loop.preconditionOnLoop()
        switch effect {
        case .startReply(let reply, let prompt): start(reply, prompt)
        case .stopReply(let reply):
            if running?.reply == reply { finish() }
        case .holdReply: break
        case .tellPresence(let subject, let presence): tellPresence(subject, presence)
        case .tellDelivery(let deliveries): tellDelivery(deliveries)
        }
    }

    // MARK: People

    private func tellPresence(_ subject: String, _ presence: Presence) {
        let isNews = presences.set(subject, presence, on: loop) { [weak self] in
            self?.tellPresence(subject, .offline)
        }
        guard isNews else { return }
        port?.publish(.signal(sender: nil), presenceFrame(subject, presence), nil)
    }

    private func presenceFrame(_ subject: String, _ presence: Presence) -> [UInt8] {
        ServerFrame.signal(
            session: path, name: Presence.signal, from: subject, data: ["state": .string(presence.rawValue)])
    }

    private func tellDelivery(_ deliveries: [String: Int64]) {
        self.deliveries = deliveries
        guard deliveryTimer == nil else { return }
        deliveryTimer = loop.schedule(after: configuration.deliveryInterval) { [weak self] in
            guard let self else { return }
            self.deliveryTimer = nil
            self.port?.publish(.value(name: Self.deliveryName), self.deliveryFrame(self.deliveries), nil)
        }
    }

    private static let deliveryName = "delivery"

    private func deliveryFrame(_ deliveries: [String: Int64]) -> [UInt8] {
        let people = deliveries.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { people, delivery in
            people[delivery.key] = .integer(delivery.value)
        }
        return ServerFrame.value(
            session: path, name: Self.deliveryName, asOf: loop.time.wallClock, data: ["people": .object(people)])
    }

    package func interrupt() {
        guard let running else { return }
        sendDelta()
        let fault = ReplyFault(Fault(.draining))
        let usage = usageSoFar(of: running)
        finish()
        port?.report(.replyBroken(reply: running.reply, text: running.text, fault: fault, usage: usage))
    }

    package func abandon() {
        finish()
        presences.clear()
        deliveryTimer?.cancel()
        port = nil
    }

    package func openingFrames(of state: Conversation, for audience: Everyone) -> [[UInt8]] {
        guard let running else { return peopleFrames(state) }
        // What still waits to be sent comes as the next delta, which begins where this text ends.
        let sent = String(running.text.utf8.dropLast(running.unsent.utf8.count)) ?? ""
        return sent.isEmpty ? [] : [ServerFrame.delta(session: path, reply: running.reply, at: 0, text: sent)]
    }

    /// Of people who talk with each other: how far messages have come, and who is there.
    private func peopleFrames(_ state: Conversation) -> [[UInt8]] {
        guard let readership = state.readership else { return [] }
        let deliveries = readership.deliveries
        let delivery = deliveries.values.contains { $0 > 0 } ? [deliveryFrame(deliveries)] : []
        return delivery + presences.known.map { presenceFrame($0.subject, $0.presence) }
    }

    // MARK: The model's call

    private func start(_ reply: String, _ prompt: AdvisorPrompt) {
        finish()
        openReplies.began()
        running = Running(
            reply: reply,
            prompt: ModelRequest(
                system: prompt.system,
                turns: Self.modelTurns(prompt.turns),
                temperature: Advisor.temperature, maxOutputTokens: Advisor.maxOutputTokens,
                tools: prompt.tools.map(ModelTool.init), timeout: .seconds(Advisor.timeoutSeconds)),
            startedAt: loop.now)
        call()
    }

    /// When several people speak, the model is told who says what.
    private static func modelTurns(_ turns: [AdvisorTurn]) -> [ModelTurn] {
        let people = Set(turns.lazy.filter { $0.role == .user }.map(\.author))
        return turns.map { turn in
            switch turn.role {
            case .assistant: .assistant(turn.text)
            case .user: .user(people.count > 1 ? "\(turn.author): \(turn.text)" : turn.text)
            }
        }
    }

    private func call() {
        guard let running else { return }
        let reply = running.reply
        let round = running.round
        self.running?.stream = languageModel.stream(running.prompt) { [weak self] event in
            guard let self, self.running?.reply == reply, self.running?.round == round else { return }
            self.receive(event)
        }
    }

    private func receive(_ event: ModelEvent) {
        loop.preconditionOnLoop()
        switch event {
        case .text(let text): grow(by: text)
        case .toolCall(let call): running?.toolCalls.append(call)
        case .finished(let finish, let usage): ended(finish, usage)
        case .failed(let failure, let usage): failed(failure, usage)
        }
    }

    private func grow(by text: String) {
        guard !text.isEmpty, running != nil else { return }
        if let running, running.text.isEmpty, running.round == 1 {
            let startedAt = running.startedAt
            observe(.firstText(after: loop.time.now.since(startedAt)))
        }
        running?.append(text)
        scheduleDelta()
        scheduleCheckpoint()
        if let size = running?.text.utf8.count, size > configuration.maxTextBytes {
            running?.stream?.cancel()
            let usage = running.flatMap(usageSoFar(of:))
            complete(
                "length", usage ?? ReplyUsage(provider: "", model: languageModel.model, inputTokens: 0, outputTokens: 0)
            )
        }
    }

    private func ended(_ finish: ModelFinish, _ usage: ModelUsage) {
        guard var running else { return }
        running.usage = ReplyUsage(usage, after: running.usage)
        let calls = running.toolCalls
        running.toolCalls = []
        self.running = running
        for call in calls {
            if call.name == AdvisorTool.recordProfile.name, let report = FinancialReport(text: call.arguments) {
                port?.report(.profileReported(reply: running.reply, report))
            }
        }
        if finish == .toolCalls || (running.text.isEmpty && !calls.isEmpty), running.round < configuration.maxRounds {
            for call in calls {
                self.running?.prompt.turns.append(.toolCall(call))
                self.running?.prompt.turns.append(
                    .toolResult(id: call.id, name: call.name, content: #"{"recorded":true}"#))
            }
            self.running?.round += 1
            return self.call()
        }
        if running.text.isEmpty {
            return broken(
                finish == .filtered ? Fault(.providerPolicy) : Fault(.providerUnavailable, "the advisor gave no answer")
            )
        }
        complete(
            finish == .toolCalls ? ModelFinish.stop.rawValue : finish.rawValue,
            running.usage ?? ReplyUsage(usage, after: nil))
    }

    private func complete(_ finishReason: String, _ usage: ReplyUsage) {
        guard let running else { return }
        sendDelta()
        finish()
        observe(.ended(outcome: "completed", usage: usage, after: loop.time.now.since(running.startedAt)))
        port?.report(.replyCompleted(reply: running.reply, text: running.text, finish: finishReason, usage: usage))
    }

    private func failed(_ failure: ProviderFailure, _ usage: ModelUsage?) {
        if let usage {
            let earlier = running?.usage
            running?.usage = ReplyUsage(usage, after: earlier)
        }
        broken(Fault(failure))
    }

    private func broken(_ fault: Fault) {
        guard let running else { return }
        sendDelta()
        let usage = running.usage ?? usageSoFar(of: running)
        finish()
        observe(
            .ended(
                outcome: running.text.isEmpty ? "failed" : "interrupted", usage: usage,
                after: loop.time.now.since(running.startedAt)))
        port?.report(.replyBroken(reply: running.reply, text: running.text, fault: ReplyFault(fault), usage: usage))
    }

    /// Lets go of the model's call and the timers; nothing is reported.
    private func finish() {
        if running != nil { openReplies.ended() }
        running?.stream?.cancel()
        running?.deltaTimer?.cancel()
        running?.checkpointTimer?.cancel()
        running = nil
    }

    private func usageSoFar(of running: Running) -> ReplyUsage? {
        running.stream?.usageSoFar.map { ReplyUsage($0, after: running.usage) } ?? running.usage
    }

    // MARK: Deltas and checkpoints

    private func scheduleDelta() {
        guard let running, !running.isHeld, running.deltaTimer == nil else { return }
        guard let last = running.lastDelta else { return sendDelta() }
        let elapsed = loop.time.now.since(last)
        if elapsed >= configuration.deltaInterval { return sendDelta() }
        let reply = running.reply
        self.running?.deltaTimer = loop.schedule(after: configuration.deltaInterval - elapsed) { [weak self] in
            guard let self, self.running?.reply == reply else { return }
            self.running?.deltaTimer = nil
            self.sendDelta()
        }
    }

    private func sendDelta() {
        guard let running, !running.isHeld, !running.unsent.isEmpty else { return }
        let at = running.textUTF16
        self.running?.textUTF16 += Int64(running.unsent.utf16.count)
        self.running?.unsent = ""
        self.running?.lastDelta = loop.time.now
        port?.publish(
            .delta(reply: running.reply, at: at, text: running.unsent),
            ServerFrame.delta(session: path, reply: running.reply, at: at, text: running.unsent), nil)
    }

    private func scheduleCheckpoint() {
        guard let running, running.checkpointTimer == nil else { return }
        let reply = running.reply
        self.running?.checkpointTimer = loop.schedule(
            after: openReplies.interval(atLeast: configuration.checkpointInterval)
        ) { [weak self] in
            guard let self, let running = self.running, running.reply == reply else { return }
            self.running?.checkpointTimer = nil
            // Held: the reply's end is being written, and it must not be followed by an open text.
            guard !running.isHeld else { return }
            self.port?.store([.openReply(OpenReplyRow(reply: reply, text: running.text))])
        }
    }
}

/// What telemetry learns of replies.
package enum ReplyObservation: Sendable {
    case firstText(after: Duration)
    case ended(outcome: String, usage: ReplyUsage?, after: Duration)
}

extension ReplyUsage {
    /// Rounds add up.
    init(_ usage: ModelUsage, after earlier: ReplyUsage?) {
        self.init(
            provider: usage.provider, model: usage.model,
            inputTokens: usage.inputTokens &+ (earlier?.inputTokens ?? 0),
            outputTokens: usage.outputTokens &+ (earlier?.outputTokens ?? 0))
    }
}

extension ModelTool {
    init(_ tool: AdvisorTool) {
        self.init(name: tool.name, description: tool.description, parameters: tool.parameters)
    }
}

extension ReplyFault {
    init(_ fault: Fault) {
        self.init(
            code: Int64(fault.code.rawValue), name: fault.name, detail: fault.detail, isRetryable: fault.isRetryable)
    }
}

extension Fault {
    /// A provider's failure in the contract's words (25xx).
    init(_ failure: ProviderFailure) {
        switch failure {
        case .transient(.timeout, _): self.init(.timeout, "the advisor did not answer in time")
        case .transient(_, let retryAfter): self.init(.providerUnavailable, retryAfter: retryAfter)
        case .permanent(.quota): self.init(.providerQuota)
        case .permanent(.policy): self.init(.providerPolicy)
        case .permanent: self.init(.providerUnavailable)
        }
    }
}

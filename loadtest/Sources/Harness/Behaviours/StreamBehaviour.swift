internal import JSON
internal import Primitives

/// Questions to the advisor, each in a conversation where no reply is open, so that as many stream at once as arrive in a reply's
/// length. Measured: `reply.first` and `reply.end` from the instant at which the question was meant to be asked. Checked:
/// the deltas make up the text of `reply.completed`, each reply ends once, and all that `SessionOracle` looks at.
///
/// Where the target has stand-ins for the language models, they are paced; else replies are as long as they are.
final class StreamBehaviour: Behaviour, ContractClientDelegate {
    /// One conversation and who asks in it; further clients of the same conversation look on.
    private struct Slot {
        /// Nil: free.
        var asked: Instant?
        /// Of the question's command.
        var number = 0
        /// Once it has begun.
        var reply: String?
        var began: Int64 = 0
        var hasText = false
        /// The last one that ended, and the newest event that was looked at.
        var ended = ""
        var offset: Int64 = 0
    }

    private let conversations: Conversations
    private let run: RunContext
    private let question: String
    private let pace: StandinPace?
    private var role: ClientRole?
    private var slots: [Slot]
    /// Slots that may be asked in, the one that was free longest first.
    private var free: [Int] = []
    private var head = 0
    private var asked = 0
    private var atOnce = 0
    private var mostAtOnce = 0
    /// What each client has of a text.
    private var texts: [ReplyText] = []

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.run = run
        conversations = Conversations(group, run)
        var settings = group.settingsFields
        question = try settings.text("question", default: "ช่วยวางแผนการเงินหน่อยค่ะ")
        pace = try settings.fields("pace").map { fields throws(LoadFailure) in
            var fields = fields
            let pace = StandinPace(
                tokens: try fields.integer("tokens", in: 1...100_000, default: 100),
                tokensPerSecond: try fields.integer("tokensPerSecond", in: 1...1000, default: 40),
                firstTokenMilliseconds: try fields.integer("firstTokenMs", in: 0...60_000, default: 120))
            try fields.refuseOthers()
            return pace
        }
        try settings.refuseOthers()
        slots = Array(repeating: Slot(), count: conversations.count)
    }

    func prepare() throws(LoadFailure) {
        if let pace, run.part.isFirst { try pace.set(run) }
        try conversations.make(advisor: true)
        role = try ClientRole(
            run, token: run.target.facts.customer, sessions: conversations.oracle, delegate: self)
    }

    func connect(_ index: Int, intended: Instant) {
        guard let role else { return }
        texts.append(ReplyText())
        conversations.join(role, intended: intended)
    }

    private func place(of client: ContractClient) -> Int { client.number % slots.count }
    private func asks(_ client: ContractClient) -> Bool { client.number < slots.count }

    func clientIsReady(_ client: ContractClient, isFirst: Bool, at instant: Instant) {
        if isFirst, asks(client) { free.append(client.number) }
    }

    // MARK: Questions

    func act(_ index: Int, intended: Instant) {
        guard let place = takeFree() else {
            // Replies are longer, or conversations fewer, than the scenario thinks.
            return run.recorder.error("no free conversation")
        }
        asked += 1
        slots[place].asked = intended
        slots[place].number = asked
        slots[place].hasText = false
        atOnce += 1
        if atOnce > mostAtOnce {
            mostAtOnce = atOnce
            run.recorder.count("replies at once, most")
        }
        conversations.clients[place].command(
            conversations.session(place), "message.send", number: asked,
            ["text": .string("\(MessageMark.text(asked, bytes: 0))\(question)")], intended: intended)
    }

    private func takeFree() -> Int? {
        guard head < free.count else { return nil }
        let place = free[head]
        head += 1
        if head > 1024, head * 2 > free.count {
            free.removeFirst(head)
            head = 0
        }
        return place
    }

    private func release(_ place: Int) {
        guard slots[place].asked != nil else { return }
        slots[place].asked = nil
        slots[place].reply = nil
        atOnce -= 1
        free.append(place)
    }

    func client(_ client: ContractClient, isAnswered answer: CommandAnswer, at instant: Instant) {
        switch answer.outcome {
        case .ok: run.record("message.ok", from: answer.intended, to: instant)
        case .fault:
            // What was refused has no reply.
            if slots[place(of: client)].number == answer.number { release(place(of: client)) }
        }
    }

    // MARK: Replies

    func client(_ client: ContractClient, received frame: ServerFrame, of subscription: Int, at instant: Instant) {
        guard frame.kind == .delta, let reply = frame["reply"]?.string, let at = frame["at"]?.integer,
            let text = frame["text"]?.string
        else { return }
        run.recorder.count("deltas")
        let place = place(of: client)
        let generation = client.followers[subscription].generation
        switch texts[client.number].take(reply: reply, at: at, text: text, generation: generation) {
        case .first, .more: break
        case .ignored: return
        case .misplaced:
            // Deltas are volatile: the contract's way on is to subscribe again.
            run.recorder.count("misplaced deltas")
            return client.resubscribe(subscription)
        }
        guard asks(client), slots[place].reply == reply, !slots[place].hasText, let asked = slots[place].asked else {
            return
        }
        slots[place].hasText = true
        run.record("reply.first", from: asked, to: instant)
    }

    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        let ending = ReplyEnding(event)
        if ending == .completed { compare(client, event, client.followers[subscription]) }
        if ending != nil { texts[client.number].forget() }
        let place = place(of: client)
        guard event.offset > slots[place].offset else { return }
        slots[place].offset = event.offset
        guard let reply = event.frame["data"]?["reply"]?.string else { return }
        if let ending {
            end(place, reply, ending, event, at: instant)
        } else if event.isNamed("reply.started") {
            slots[place].reply = reply
            slots[place].began = event.offset
        }
    }

    private func end(_ place: Int, _ reply: String, _ ending: ReplyEnding, _ event: SeenEvent, at instant: Instant) {
        run.oracle.checked()
        switch ending {
        case .completed, .cancelled: run.recorder.count("replies \(ending.rawValue)")
        case .interrupted, .failed: run.recorder.error("reply.\(ending.rawValue)")
        }
        if slots[place].ended == reply {
            conversations.oracle.record(of: conversations.session(place)).offend(
                .duplicated, at: event.offset, "reply \(reply) ended again, as \(ending.rawValue)")
        }
        slots[place].ended = reply
        guard slots[place].reply == reply, let asked = slots[place].asked else { return }
        if ending == .completed { run.record("reply.end", from: asked, to: instant) }
        release(place)
    }

    private func compare(_ client: ContractClient, _ event: SeenEvent, _ follower: Follower) {
        guard let data = event.frame["data"], let reply = data["reply"]?.string,
            let whole = data["message"]?["text"]?.string
        else { return }
        let text = texts[client.number]
        switch text.isSame(as: whole, reply: reply, generation: follower.generation) {
        case nil: run.recorder.count("replies seen in part")
        case true?: run.oracle.checked()
        case false?:
            follower.record.offend(
                .lost, at: event.offset,
                "the deltas of reply \(reply) gave client \(client.number) another text (\(text.length) UTF-16 units) "
                    + "than reply.completed (\(whole.utf16.count)) at offset \(event.offset)")
        }
    }

    // MARK: Faults and the end

    func cut(share: Double) { conversations.cut(share: share) }
    func stall(share: Double, for duration: Duration) { conversations.stall(share: share, for: duration) }

    var isSettled: Bool { atOnce == 0 && conversations.isSettled }

    func reconcile() throws(LoadFailure) {
        for (place, slot) in slots.enumerated() where slot.asked != nil {
            let what = slot.reply.map { "reply \($0), which began at offset \(slot.began), has no end" }
            conversations.oracle.record(of: conversations.session(place)).offend(
                .stuck, at: slot.offset, what ?? "question \(slot.number) has no reply")
        }
        try conversations.reconcile()
    }

    func leave() {
        conversations.leave()
        guard pace != nil, run.part.isFirst else { return }
        do { try StandinPace.reset(run) } catch { run.recorder.error("the stand-ins keep the run's pace") }
    }
}

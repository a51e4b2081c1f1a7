internal import JSON
internal import Primitives

extension LineAccount {
    /// Webhook events of one call.
    package static let maxWebhookEvents = 100
    package static let maxNoteCharacters = 500
    /// Ids of accounts and users that a person names, in bytes.
    package static let maxNameBytes = 128

    package func audience(of caller: Caller) -> Everyone? {
        let mayRead =
            caller.role.servesTenant || caller.readable.contains(path) || caller.writable.contains(path)
        return mayRead ? .everyone : nil
    }

    private var path: String { Self.kind.rawValue + "/" + id }

    /// Nobody has a signal to send.
    package func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? {
        mayRead(caller) ? .unknownCommand : .forbidden
    }

    package func decide(
        _ command: SessionCommand, live: LineAccountLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<LineAccount> {
        switch command.name {
        case "webhook.receive", "admin.renew":
            // The gateway, which has checked LINE's signature or the administrator's login; and the tenant's own back end.
            guard command.caller.role == .service else { throw .forbidden }
            return command.name == "admin.renew"
                ? try renewAdmin(command.data, live, context) : try receiveWebhook(command.data, live, context)
        case "slip.retry", "slip.resolve":
            guard command.caller.role.judgesSlips else { throw .forbidden }
            var draft = try reviewed(command.data, live, context)
            let judge = SlipJudge(subject: command.caller.subject, role: command.caller.role)
            do {
                if command.name == "slip.retry" {
                    try draft.retry(by: judge, at: context.now)
                } else {
                    let ruling = try SlipRuling(json: command.data)
                    if let refusal = draft.refusal(of: ruling, live) { throw FaultReason.rejected(refusal) }
                    try draft.carryOut(ruling, by: judge)
                }
            } catch let reason as FaultReason {
                throw reason
            } catch {
                throw .rejected("the slip's state does not allow it")
            }
            draft.decision.answer = [
                "transaction": .string(draft.slip.transaction), "status": .string(draft.slip.status.rawValue),
            ]
            return draft.decision
        default: throw .unknownCommand
        }
    }

    private func reviewed(
        _ data: JSONValue, _ live: LineAccountLive, _ context: DecisionContext
    ) throws(FaultReason) -> SlipDraft {
        guard let transaction = data["transaction"]?.string else { throw .invalid("transaction is missing") }
        guard let entry = entries[transaction] else { throw .rejected("no such slip is open") }
        guard entry.slip.status == .review else {
            throw entry.slip.status.isTerminal ? .tooLate("the slip has ended") : .rejected("the slip is not in review")
        }
        return SlipDraft(entry, of: self, live, at: context.now)
    }

    // MARK: Webhooks

    private func receiveWebhook(
        _ data: JSONValue, _ live: LineAccountLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<LineAccount> {
        var decision = Decision<LineAccount>()
        var taken: Set<String> = []
        var known: Int64 = 0
        var begun: [String: Int] = [:]
        let events: [LineInboundEvent]
        do { events = try JSONFields(data).parts("events") } catch { throw .invalid("\(error.field) is not as agreed") }
        guard events.count <= Self.maxWebhookEvents else {
            throw .invalid("at most \(Self.maxWebhookEvents) events at once")
        }
        for event in events {
            let answer = memory.asks(event.id, at: event.at)
            guard answer != .known, taken.insert(event.id).inserted else {
                known += 1
                continue
            }
            guard case .image(let message) = event.content, let user = event.user else {
                decision.events.append(.received(event))
                continue
            }
            let receipt = SlipReceipt(
                webhookEvent: event.id, message: message, user: user, replyToken: event.replyToken, sentAt: event.at)
            begun[user, default: openCount(of: user)] += 1
            do {
                let start: SlipStart =
                    answer == .beyond
                    ? .beyondMemory : begun[user, default: 0] > Self.maxOpenSlipsPerUser ? .tooMany : .usual
                decision.append(try begin(receipt, start, live, context))
            } catch {
                throw .rejected("a new slip does not take \(error.event)")
            }
        }
        let slips = decision.events.count { if case .slip(_, .received) = $0 { true } else { false } }
        guard openCount + slips <= Self.maxOpenSlips else {
            throw .busy("\(Self.maxOpenSlips) slips are open already")
        }
        decision.answer = ["accepted": .integer(Int64(taken.count)), "known": .integer(known)]
        return decision
    }

    private func begin(
        _ receipt: SlipReceipt, _ start: SlipStart, _ live: LineAccountLive, _ context: DecisionContext
    ) throws(SlipTransitionFault) -> Decision<LineAccount> {
        let slip = Slip(transaction: context.identifier("s"), receipt: receipt, at: context.now)
        let entry = Entry(slip: slip, offset: lastOffset + 1, receivedAt: context.now)
        var draft = SlipDraft(entry, of: self, live, at: context.now)
        draft.decision.events.append(.slip(transaction: slip.transaction, .received(receipt)))
        switch start {
        case .beyondMemory: try draft.add(.review(.lateDelivery))
        case .tooMany: try draft.add(.failed(.tooMany))
        case .usual:
            draft.tellReceipt()
            try draft.proceed()
        }
        return draft.decision
    }

    private func openCount(of user: String) -> Int {
        entries.values.count { $0.slip.receipt.user == user && !$0.slip.status.isTerminal }
    }

    // MARK: The administrator's session

    /// The administrator has logged in to the back end: slips that waited for it go on, so many at once.
    private func renewAdmin(
        _ data: JSONValue, _ live: LineAccountLive, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<LineAccount> {
        guard let username = data["username"]?.string, (1...Self.maxNameBytes).contains(username.utf8.count) else {
            throw .invalid("username has 1 to \(Self.maxNameBytes) bytes")
        }
        var decision = Decision<LineAccount>(events: [.adminRenewed(username: username)])
        decision.append(releaseSlips(live, at: context.now))
        decision.answer = ["released": .integer(Int64(decision.events.count { $0.name == "slip.retried" }))]
        return decision
    }

    /// Lets slips go on that wait for the administrator, so many at once; a timer comes for the next.
    func releaseSlips(_ live: LineAccountLive, at now: Timestamp) -> Decision<LineAccount> {
        var decision = Decision<LineAccount>()
        let waiting = ordered.filter { $0.slip.reviewReason == .adminExpired }
        for entry in waiting.prefix(Self.maxSlipsAtOnce) {
            var draft = SlipDraft(entry, of: self, live, at: now)
            do { try draft.retry(by: nil, at: now) } catch { continue }
            decision.append(draft.decision)
        }
        if waiting.count > Self.maxSlipsAtOnce { decision.effects.append(.startTimer(.release, at: now)) }
        return decision
    }
}

/// How a new slip begins.
private enum SlipStart {
    case usual
    /// It came so late that nobody remembers whether it had come before.
    case beyondMemory
    case tooMany
}

extension Role {
    /// People who may decide about money; not the tenant's programs.
    fileprivate var judgesSlips: Bool {
        switch self {
        case .staff, .admin, .operator: true
        case .customer, .provider, .rider, .service, .guest: false
        }
    }
}

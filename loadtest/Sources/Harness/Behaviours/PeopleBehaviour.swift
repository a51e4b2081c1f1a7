internal import Domain
internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor

/// People who write to each other, two in a chat, read, and have their devices say how far they are. Of the group's connections the first
/// half are one side of the chats, the second half the other.
///
/// Checked: every message and every offset (`SessionOracle`); in the end how far each has read and how much each has not, by the log, by the
/// session's state, and by what each one's device was shown.
///
/// Stages: `message.ok` and `message.event` from when a message was meant to be sent; `read.ok` likewise.
final class PeopleBehaviour: Behaviour {
    enum Act: String, CaseIterable {
        case write, read
    }

    private struct Person {
        let client: ContractClient
        let subject: String
        let chat: Int
        var view = ChatPerson()
        var acknowledged: Int64 = 0
    }

    private enum Sent {
        case message(by: Int)
        case reading
    }

    static let tenant = "trusttrade"
    /// A device says how far it is once it was shown so many events more.
    static let eventsAnAcknowledgement: Int64 = 5
    private static let preparation = Duration.seconds(60)

    private let group: ScenarioGroup
    private let run: RunContext
    private let mix: Mix<Act>
    private let messageBytes: Int
    private let chats: Int
    private let pool: HTTPPool
    private let service: Secret
    private let mint: TokenMint
    private let sessions: SessionOracle
    private var crowd = Crowd()
    /// By the connection's index.
    private var people: [Int: Person] = [:]
    /// By number: what was sent, and when it was meant.
    private var sent: [(what: Sent, intended: Instant)] = []

    init(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) {
        self.group = group
        self.run = run
        var settings = group.settingsFields
        mix = try Mix("mix", of: &settings, default: .write)
        messageBytes = try settings.integer("messageBytes", in: 16...16_000, default: 80)
        try settings.refuseOthers()
        guard group.connections >= 2 else {
            throw ScenarioFields.failure(group.settingsPointer, "people need at least two connections: a chat has two")
        }
        chats = group.connections / 2
        service = try run.target.facts.token(Self.tenant, "service")
        mint = try run.target.facts.mint(Self.tenant, now: run.driver.loop.time.wallClock)
        pool = HTTPPool(
            to: run.target.http, driver: run.driver, connections: Conversations.connections, recorder: run.recorder)
        sessions = SessionOracle(keyPrefix: "\(run.name).\(group.name).")
    }

    private func session(_ chat: Int) -> String { "conversation/\(run.name).\(group.name).\(chat)" }
    private func subject(_ chat: Int, _ side: Int) -> String { "\(run.name).\(group.name).\(chat).\(side)" }

    func prepare() throws(LoadFailure) {
        var calls: [HTTPCall] = []
        for chat in 0..<chats {
            let facts: JSONValue = [
                "owner": .string(subject(chat, 0)), "advisor": false, "participants": [.string(subject(chat, 1))],
            ]
            calls.append(try HTTPCall(.put, "/v1/sessions/\(session(chat))", body: facts, token: service))
        }
        for answer in try pool.answers(to: calls, within: Self.preparation) where !answer.isSuccess {
            throw LoadFailure(.unavailable, "a chat was answered with \(answer.status): \(answer.excerpt)")
        }
    }

    func connect(_ index: Int, intended: Instant) {
        // One too many has nobody to talk with.
        guard index < 2 * chats else { return }
        let (chat, side) = (index % chats, index / chats)
        let subject = subject(chat, side)
        let client: ContractClient
        do {
            let token = try mint.token(subject, side == 0 ? .customer : .provider)
            client = ContractClient(
                try ClientRole(run, token: token, sessions: sessions, delegate: self), number: index)
        } catch {
            return run.recorder.error("connect: \(error.text)")
        }
        client.follow(session(chat))
        crowd.add(client)
        people[index] = Person(client: client, subject: subject, chat: chat)
        client.connect(intended: intended)
    }

    func act(_ index: Int, intended: Instant) {
        guard let (place, person) = people.randomElement(using: &chance) else { return }
        switch mix.pick(run.driver.random) {
        case .write:
            let number = remember(.message(by: place), intended)
            person.client.command(
                session(person.chat), "message.send", number: number,
                ["text": .string(MessageMark.text(number, bytes: messageBytes))], intended: intended)
        case .read:
            guard person.view.newest > person.view.read else { return run.recorder.count("nothing to read") }
            person.client.command(
                session(person.chat), "message.read", number: remember(.reading, intended),
                ["offset": .integer(person.view.newest)], intended: intended)
        }
    }

    private lazy var chance = Chance(source: run.driver.random)

    private struct Chance: RandomNumberGenerator {
        let source: any RandomSource
        mutating func next() -> UInt64 { source.uint64() }
    }

    private func remember(_ what: Sent, _ intended: Instant) -> Int {
        sent.append((what, intended))
        return sent.count - 1
    }

    // MARK: Faults and the end

    func cut(share: Double) { crowd.cut(share: share) }
    func stall(share: Double, for duration: Duration) { crowd.stall(share: share, for: duration) }

    var isSettled: Bool {
        crowd.isReady && pool.outstanding == 0 && sessions.isCaughtUp
            && people.values.allSatisfy { $0.client.unanswered == 0 || $0.client.state == .ended }
    }

    func reconcile() throws(LoadFailure) {
        for person in people.values { person.client.reportUnanswered() }
        let reader = JournalReader(pool: pool, token: service)
        let all = (0..<chats).map(session)
        let deadline = run.driver.now.advanced(by: SessionOracle.catchUpTimeout)
        for start in stride(from: 0, to: chats, by: SessionOracle.journalBatch) {
            let batch = start..<min(start + SessionOracle.journalBatch, chats)
            for (chat, log) in zip(batch, try reader.logs(of: Array(all[batch]))) {
                try sessions.audit(all[chat], log, by: deadline, reader, run)
                let state = try pool.answer(to: try HTTPCall(.get, "/v1/sessions/\(all[chat])", token: service))
                check(chat, log, state.json["state"]?["people"]?.array ?? [])
            }
        }
    }

    /// Who has read how much is the same by the log, by the state, and by what each was shown.
    private func check(_ chat: Int, _ log: SessionLog, _ readers: [JSONValue]) {
        let subjects = (0...1).map { subject(chat, $0) }
        for (side, count) in ChatCount.counts(of: subjects, in: log.events).enumerated() {
            run.oracle.checked(2)
            let reader = readers.first { $0["subject"]?.string == subjects[side] }
            let stated = ChatCount(read: reader?["read"]?.integer ?? -1, unread: reader?["unread"]?.integer ?? -1)
            if stated != count { report(chat, "the state", side, stated, count) }
            guard let person = people[chat + side * chats], person.client.isReady else { continue }
            let shown = ChatCount(read: person.view.read, unread: person.view.unread)
            if shown != count { report(chat, "what the device was shown", side, shown, count) }
        }
    }

    private func report(_ chat: Int, _ what: String, _ side: Int, _ found: ChatCount, _ log: ChatCount) {
        run.oracle.report(
            Oracle.Finding(
                kind: found.unread > log.unread ? .duplicated : .lost, session: session(chat),
                detail: "of person \(side), \(what) says read \(found.read), unread \(found.unread); "
                    + "the log read \(log.read), unread \(log.unread)"))
    }

    func leave() {
        crowd.leave()
        pool.close()
    }
}

extension PeopleBehaviour: ContractClientDelegate {
    func client(_ client: ContractClient, isAnswered answer: CommandAnswer, at instant: Instant) {
        guard case .ok = answer.outcome, sent.indices.contains(answer.number) else { return }
        switch sent[answer.number].what {
        case .message: run.record("message.ok", from: answer.intended, to: instant)
        case .reading: run.record("read.ok", from: answer.intended, to: instant)
        }
    }

    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {
        guard var person = people[client.number] else { return }
        if let number = event.mark {
            guard sent.indices.contains(number), case .message(let author) = sent[number].what else { return }
            person.view.shown(message: event.offset, isOwn: author == client.number)
            run.record("message.event", from: sent[number].intended, to: instant)
        } else if event.isNamed("message.read") {
            let data = event.frame["data"]
            person.view.shown(
                reading: event.offset, to: data?["offset"]?.integer ?? 0, left: data?["unread"]?.integer,
                isOwn: data?["by"]?.content?.elementsEqual(person.subject.utf8) ?? false)
        }
        if person.view.newest - person.acknowledged >= Self.eventsAnAcknowledgement {
            person.acknowledged = person.view.newest
            client.acknowledge(session(person.chat), person.view.newest)
        }
        people[client.number] = person
    }

    func client(_ client: ContractClient, received frame: ServerFrame, of subscription: Int, at instant: Instant) {
        guard frame.kind == .snapshot, var person = people[client.number], let offset = frame["offset"]?.integer,
            let state = frame["state"]
        else { return }
        do {
            let readers = try JSONParser.parse(Array(state.text))["people"]?.array ?? []
            guard let own = readers.first(where: { $0["subject"]?.string == person.subject }) else { return }
            person.view.shown(
                snapshot: offset, read: own["read"]?.integer ?? 0, unread: own["unread"]?.integer ?? 0)
            people[client.number] = person
        } catch {
            run.recorder.error("a snapshot is not JSON")
        }
    }
}

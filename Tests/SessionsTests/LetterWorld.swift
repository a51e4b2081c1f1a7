import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import WireProtocol

@testable import Sessions

/// A session for tests of letters: what it is told to post it tells another one of its kind, which takes it.
struct Relay: SessionMachine {
    enum Event: SessionEvent {
        /// Tells `to` each of the texts, a letter each, with this command.
        case posted(to: String, command: String, texts: [String])
        case taken(String)

        var name: String {
            switch self {
            case .posted: "posted"
            case .taken: "taken"
            }
        }

        var data: JSONValue {
            switch self {
            case .posted(let to, let command, let texts):
                ["to": .string(to), "command": .string(command), "texts": .array(texts.map(JSONValue.string))]
            case .taken(let text): ["text": .string(text)]
            }
        }

        init?(name: String, data: JSONValue) {
            do {
                let fields = try JSONFields(data)
                switch name {
                case "posted":
                    self = .posted(
                        to: try fields.string("to"), command: try fields.string("command"),
                        texts: try fields.strings("texts"))
                case "taken": self = .taken(try fields.string("text"))
                default: return nil
                }
            } catch {
                return nil
            }
        }
    }

    struct Facts: Sendable, Equatable {}
    typealias Effect = Never
    typealias Outcome = Never
    typealias Live = Int

    static var kind: SessionKind { .order }
    static var checkpointFormat: Int16 { 1 }
    static var erasingCommand: String? { "erase" }
    static func facts(madeBy command: SessionCommand) -> Facts? { Facts() }

    let id: String
    let facts = Facts()
    private(set) var taken: [String] = []

    init(id: String, facts: Facts, createdAt: Timestamp) { self.id = id }

    func audience(of caller: Caller) -> Everyone? { .everyone }
    func refusal(ofSignal name: String, from caller: Caller) -> FaultReason? { .unknownCommand }

    func decide(_ command: SessionCommand, live: Int, _ context: DecisionContext) throws(FaultReason) -> Decision<Relay>
    {
        switch command.name {
        case "post":
            guard let event = Event(name: "posted", data: command.data) else { throw .invalid("no such letter") }
            return Decision(events: [event])
        case "take":
            guard command.caller.role == .service, let text = command.data["text"]?.string else { throw .forbidden }
            return Decision(events: [.taken(text)])
        case "erase":
            return Decision(events: [.posted(to: "r0", command: "take", texts: ["gone"])], erasesSession: true)
        default: throw .unknownCommand
        }
    }

    func decide(_ outcome: Never, live: Int, _ context: DecisionContext) -> Decision<Relay>? {}

    mutating func apply(_ event: Event, offset: Int64, at: Timestamp) {
        if case .taken(let text) = event { taken.append(text) }
    }

    func snapshotState(for audience: Everyone) -> [UInt8] { encode() }
    func encode() -> [UInt8] { JSONValue.object(["taken": .array(taken.map(JSONValue.string))]).bytes }

    init?(checkpoint: [UInt8], format: Int16) {
        do {
            id = ""
            taken = try JSONFields(JSONParser.parse(checkpoint)).strings("taken")
        } catch {
            return nil
        }
    }
}

final class RelayEffects: SessionEffects, @unchecked Sendable {
    typealias Machine = Relay
    var live: Int { 0 }
    var isBusy: Bool { false }
    var isUnderWay: Bool { false }
    func attach(_ port: SessionPort<Relay>) {}
    func prepare(_ effect: Never) {}
    func run(_ effect: Never) {}
    func rolledBack() {}
    func openingFrames(of state: Relay, for audience: Everyone) -> [[UInt8]] { [] }
    func interrupt() {}
    func abandon() {}
    static func creationChanges(of state: Relay) -> [StoredChange] { [] }
    static func changes(for event: Relay.Event, offset: Int64, state: Relay) -> [StoredChange] { [] }
    static func recovery(of state: Relay, openReply: OpenReplyRow?) -> Never? { nil }

    static func letters(for event: Relay.Event, offset: Int64, state: Relay) -> [Letter] {
        guard case .posted(let to, let command, let texts) = event else { return [] }
        return texts.map { Letter(to: .order, to, command, ["text": .string($0)]) }
    }
}

/// Relays on two loops that a test drives by hand.
final class LetterWorld: @unchecked Sendable {
    /// What belongs to one loop.
    private struct Part {
        let loop: EventLoop
        let journal: SimulatedJournal
        let registry: KindRegistry<RelayEffects>
        let courier: Courier
    }

    static let service = Caller(tenant: "jeco", subject: "backend", role: .service)
    let time = VirtualTime()
    let store = SimulatedStore()
    let outcomes = Outcomes()
    private let loops: [EventLoop]
    private let random: SeededSource
    private let configuration: SessionRegistry.Configuration
    private var parts: [Part] = []

    final class Outcomes: @unchecked Sendable {
        var all: [LetterOutcome] = []
    }

    init(seed: UInt64 = 1, idleTimeout: Duration = .seconds(300)) throws {
        let time = time
        loops = try (0..<2).map { try EventLoop(index: $0, time: time, readBufferBytes: 64) }
        random = SeededSource(seed: seed)
        var configuration = SessionRegistry.Configuration()
        configuration.idleTimeout = idleTimeout
        configuration.sweepInterval = .seconds(3)
        self.configuration = configuration
        start()
    }

    private func start() {
        let couriers = Couriers()
        let outcomes = outcomes
        parts = loops.map { loop in
            let journal = SimulatedJournal(store: store, loop: loop)
            let environment = SessionEnvironment(
                loop: loop, loops: loops, journal: journal, random: random, framing: .none,
                observer: SessionObserver(), couriers: couriers)
            let registry = KindRegistry<RelayEffects>(
                environment: environment, configuration: configuration, digest: SimulatedStore.digest,
                makeEffects: { _ in RelayEffects() })
            let courier = Courier(
                loop: loop, journal: journal, isHome: { environment.home(of: $0) === loop },
                observe: { outcomes.all.append($0) })
            courier.onDelivery = { registry.submit($0, $1) }
            return Part(loop: loop, journal: journal, registry: registry, courier: courier)
        }
        couriers.connect(parts.map(\.courier))
        for part in parts {
            part.loop.enter {
                part.registry.start()
                part.courier.start()
            }
        }
    }

    /// The process dies; a new one starts on the same store. Of what waits at each loop's journal the first `committing` made it.
    func crash(committing count: Int = 0) {
        for part in parts {
            part.loop.enter {
                part.courier.stop()
                part.journal.crash(committing: count)
            }
        }
        start()
    }

    func run() {
        var turns = 0
        while let loop = loops.first(where: { loop in loop.enter { loop.hasWork } }) {
            loop.enter { loop.turn(waitingAtMost: .zero) }
            turns += 1
            precondition(turns < 200_000, "the loops never come to rest")
        }
    }

    func advance(by duration: Duration) {
        let end = time.now.advanced(by: duration)
        run()
        while let next = loops.compactMap({ loop in loop.enter { loop.nextDeadline() } }).min(), next <= end {
            time.advance(to: next)
            run()
        }
        time.advance(to: end)
        run()
    }

    static func address(_ id: String) -> SessionAddress { SessionAddress(tenant: "jeco", kind: .order, id: id) }

    private func part(of id: String) -> Part {
        parts[Int(Self.address(id).stableHash % UInt64(parts.count))]
    }

    @discardableResult
    func command(_ name: String, _ data: JSONValue = [:], key: String? = nil, to id: String) -> Answer {
        let answer = Answer()
        let part = part(of: id)
        part.loop.enter {
            part.registry.submit(
                Self.address(id),
                CommandTicket(command: SessionCommand(caller: Self.service, name: name, data: data), key: key) {
                    answer.results.append($0)
                })
        }
        return answer
    }

    @discardableResult
    func post(_ texts: [String], from: String, to: String, command name: String = "take", key: String? = nil) -> Answer
    {
        command("post", Relay.Event.posted(to: to, command: name, texts: texts).data, key: key, to: from)
    }

    /// What a session has taken, as its log has it.
    func taken(by id: String) throws -> [String] {
        try (store.records[Self.address(id)]?.log ?? []).filter { $0.name == "taken" }.compactMap {
            try JSONParser.parse($0.data)["text"]?.string
        }
    }

    /// What a session has posted to another one, as its log has it.
    func posted(by id: String, to target: String) throws -> [String] {
        try (store.records[Self.address(id)]?.log ?? []).flatMap { record -> [String] in
            guard record.name == "posted",
                case .posted(target, _, let texts)? = Relay.Event(
                    name: record.name, data: try JSONParser.parse(record.data))
            else { return [] }
            return texts
        }
    }

    /// Of the loop that the session lives on.
    func journal(of id: String, _ use: (SimulatedJournal) -> Void) {
        let part = part(of: id)
        part.loop.enter { use(part.journal) }
    }

    func journals(_ use: (SimulatedJournal) -> Void) {
        for part in parts { part.loop.enter { use(part.journal) } }
    }
}

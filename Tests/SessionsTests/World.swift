import Domain
import JSON
import Ports
import Primitives
import Reactor
import TestSupport
import Testing
import WireProtocol

@testable import Sessions

/// The sessions of one loop in a world that a test drives by hand: its own time, store, journal and model.
/// Every method enters the loop, so that a test reads as a list of what happens.
final class World: @unchecked Sendable {
    static let address = SessionAddress(tenant: "jeco", kind: .conversation, id: "c_1")
    static let customer = Caller(tenant: "jeco", subject: "u_1", role: .customer)
    static let staff = Caller(tenant: "jeco", subject: "s_1", role: .staff)
    static let stranger = Caller(tenant: "jeco", subject: "u_9", role: .customer)

    let time = VirtualTime()
    let loop: EventLoop
    let store = SimulatedStore()
    private(set) var journal: SimulatedJournal
    private(set) var model = ScriptedModel()
    private(set) var line: ScriptedLineServices
    private(set) var payments: ScriptedPaymentServices
    private(set) var gold: ScriptedGoldSource
    private(set) var push: ScriptedPush
    private(set) var registry: SessionRegistry
    private let random: SeededSource
    private let configuration: SessionRegistry.Configuration
    private(set) var endedCount = Counted()

    init(seed: UInt64 = 1, configuration: SessionRegistry.Configuration = .init()) throws {
        loop = try EventLoop(index: 0, time: time, readBufferBytes: 64)
        random = SeededSource(seed: seed)
        self.configuration = configuration
        line = ScriptedLineServices(loop: loop)
        payments = ScriptedPaymentServices(loop: loop)
        gold = ScriptedGoldSource(loop: loop)
        push = ScriptedPush(loop: loop)
        journal = SimulatedJournal(store: store, loop: loop)
        registry = Self.registry(
            loop, journal, model, line, payments, gold, push, random, configuration, endedCount, store)
    }

    private static func registry(
        _ loop: EventLoop, _ journal: SimulatedJournal, _ model: ScriptedModel,
        _ line: ScriptedLineServices, _ payments: ScriptedPaymentServices, _ gold: ScriptedGoldSource,
        _ push: ScriptedPush, _ random: SeededSource, _ configuration: SessionRegistry.Configuration,
        _ ended: Counted, _ store: SimulatedStore
    ) -> SessionRegistry {
        let registries = SessionRegistries()
        let registry = SessionRegistry(
            environment: SessionEnvironment(
                loop: loop, loops: [loop], journal: journal, random: random, framing: .none,
                observer: SessionObserver(ended: { ended.count += 1 }), couriers: registries.couriers),
            configuration: configuration, digest: SimulatedStore.digest,
            conversations: { ConversationEffects(address: $0, loop: loop, languageModel: model) },
            lineAccounts: { LineAccountEffects(address: $0, loop: loop, services: line) },
            payments: { payment in
                PaymentEffects(
                    address: payment, loop: loop, services: payments,
                    tellOrders: {
                        let orders = store.records.filter { $0.value.order?.payment == payment.id }
                        for order in orders.keys { registries.wake(order) }
                    })
            },
            orders: { OrderEffects(address: $0, loop: loop, registries: registries) },
            feeds: { FeedEffects(address: $0, loop: loop, source: gold) },
            inboxes: { _ in InboxEffects(loop: loop, service: push) })
        registries.connect([registry])
        return registry
    }

    /// The process dies; a new one starts on the same store. The first `committing` waiting entries made it.
    func crash(committing count: Int = 0) {
        loop.enter {
            journal.crash(committing: count)
            journal = SimulatedJournal(store: store, loop: loop)
            model = ScriptedModel()
            line = ScriptedLineServices(loop: loop, script: line.script)
            payments = ScriptedPaymentServices(loop: loop, script: payments.script)
            gold = ScriptedGoldSource(loop: loop, answer: gold.answer)
            push = ScriptedPush(loop: loop, script: push.script)
            registry = Self.registry(
                loop, journal, model, line, payments, gold, push, random, configuration, endedCount, store)
        }
    }

    // MARK: Time

    func enter<Result>(_ body: () -> Result) -> Result { loop.enter(body) }

    /// Runs turns until nothing is left to do at this instant.
    func run() {
        enter {
            var turns = 0
            while loop.hasWork {
                loop.turn(waitingAtMost: .zero)
                turns += 1
                precondition(turns < 100_000, "the loop never comes to rest")
            }
        }
    }

    /// Lets time pass, timer by timer.
    func advance(by duration: Duration) {
        let end = time.now.advanced(by: duration)
        run()
        while let next = enter({ loop.nextDeadline() }), next <= end {
            time.advance(to: next)
            run()
        }
        time.advance(to: end)
        run()
    }

    // MARK: Requests

    /// Submits and lets the loop run.
    @discardableResult
    func command(
        _ name: String, _ data: JSONValue = [:], key: String? = nil, by caller: Caller = customer,
        to address: SessionAddress = address
    ) -> Answer {
        let answer = Answer()
        enter {
            registry.submit(
                address,
                CommandTicket(command: SessionCommand(caller: caller, name: name, data: data), key: key) {
                    answer.results.append($0)
                })
        }
        run()
        return answer
    }

    @discardableResult
    func send(
        _ text: String, key: String? = nil, by caller: Caller = customer, to address: SessionAddress = address
    ) -> Answer { command("message.send", ["text": .string(text)], key: key, by: caller, to: address) }

    @discardableResult
    func create(_ facts: ConversationFacts, at address: SessionAddress = address) -> CreateAnswer {
        let answer = CreateAnswer()
        enter { registry.create(address, .conversation(facts)) { answer.results.append($0) } }
        run()
        return answer
    }

    @discardableResult
    func follow(
        from: StreamPosition? = nil, as caller: Caller = customer, checkingSchemas: Bool = true,
        _ address: SessionAddress = address
    ) -> Follower {
        let follower = Follower(caller: caller)
        follower.checksSchemas = checkingSchemas
        follow(with: follower, from: from, address)
        return follower
    }

    func follow(with follower: Follower, from: StreamPosition? = nil, _ address: SessionAddress = address) {
        enter {
            registry.subscribe(
                address, SubscribeRequest(id: 1, session: address.path, from: from, mode: .all), follower
            ) { follower.refusals.append($0) }
        }
        run()
    }

    func unfollow(_ follower: Follower, _ address: SessionAddress = address) {
        enter { registry.unsubscribe(address, follower) }
        run()
    }

    /// The model says something in the newest call.
    func say(_ text: String) {
        enter { model.calls.last?.say(text) }
        run()
    }

    func finishReply() {
        enter { model.calls.last?.finish() }
        run()
    }

    func settle(_ count: Int = 1) {
        enter { journal.settle(count) }
        run()
    }

    func fail(_ failure: StoreFailure) {
        enter { journal.fail(failure) }
        run()
    }

    /// The names of the stored events.
    var log: [String] { (store.records[Self.address]?.log ?? []).map(\.name) }

    var record: SimulatedStore.Record? { store.records[Self.address] }

    /// The committed state as a fresh process would have it.
    func reloaded(_ address: SessionAddress = address) throws -> Conversation? {
        guard case .present(let stored) = store.load(address), let checkpoint = stored.checkpoint,
            var conversation = Conversation(checkpoint: checkpoint.state, format: checkpoint.format)
        else { return nil }
        for record in stored.tail {
            guard let event = ConversationEvent(name: record.name, data: try JSONParser.parse(record.data)) else {
                return nil
            }
            conversation.apply(event, offset: record.offset, at: record.at)
        }
        return conversation
    }

    /// The committed state as the live session shows it.
    func state(_ address: SessionAddress = address) -> Conversation? {
        let box = Box<Conversation>()
        enter { registry.readConversation(address, Self.staff, { _ in }, { $0 }) { box.value = $0 } }
        run()
        return box.value
    }

    var openReply: String? { state()?.openReply?.reply }
}

final class Box<Value>: @unchecked Sendable {
    var value: Value?
}

final class Counted: @unchecked Sendable {
    var count = 0
}

/// What came back for a command; a second answer would be seen.
final class Answer: @unchecked Sendable {
    var results: [Result<CommandAnswer, Fault>] = []

    var isPending: Bool { results.isEmpty }
    var ok: CommandAnswer? { if results.count == 1, case .success(let answer) = results[0] { answer } else { nil } }
    var fault: Fault? { if results.count == 1, case .failure(let fault) = results[0] { fault } else { nil } }
    var offset: Int64? { ok?.offset }
    var code: FaultCode? { fault?.code }
    func data(_ name: String) -> String? {
        guard let ok else { return nil }
        do { return try JSONParser.parse(ok.body)[name]?.string } catch { return nil }
    }
}

final class CreateAnswer: @unchecked Sendable {
    var results: [Result<SessionRegistry.CreateResult, Fault>] = []
}

/// A subscriber that writes down what it gets.
final class Follower: Subscriber, @unchecked Sendable {
    let loopIndex = 0
    var place: Int32 = -1
    let caller: Caller
    var frames: [JSONValue] = []
    var batches: [Int] = []
    var refusals: [Fault] = []
    var ends: [ServerFrame.UnsubscribeCause] = []
    /// Frames that are not what Protocol/schemas says they are.
    var violations: [String] = []
    /// Off where the number of frames matters more than their form.
    var checksSchemas = true
    /// Called with each frame, to act in the middle of a delivery.
    var react: ((JSONValue) -> Void)?

    init(caller: Caller) { self.caller = caller }

    var lane: DeliveryLane? { nil }

    func open(with publications: [Publication], in list: SubscriberList) { receive(publications) }

    func receive(_ burst: PublicationBurst) { receive(burst.publications) }

    private func receive(_ publications: [Publication]) {
        batches.append(publications.count)
        for publication in publications {
            do {
                let frame = try JSONParser.parse(Array(publication.json))
                frames.append(frame)
                if checksSchemas, let type = frame["type"]?.string {
                    violations += try JSONSchema.violations(of: frame, "server.\(type).schema.json")
                }
                react?(frame)
            } catch {
                preconditionFailure("a publication that is not JSON: \(error)")
            }
        }
    }

    func end(_ cause: ServerFrame.UnsubscribeCause) { ends.append(cause) }

    deinit {
        if !violations.isEmpty { Issue.record("against the schemas: \(violations.prefix(3))") }
    }

    func frames(_ type: String) -> [JSONValue] { frames.filter { $0["type"]?.string == type } }
    var types: [String] { frames.compactMap { $0["type"]?.string } }
    var events: [String] { frames("event").compactMap { $0["name"]?.string } }
    var offsets: [Int64] { frames("event").compactMap { $0["offset"]?.integer } }
    /// What the deltas of the newest reply add up to, or nil when one does not continue where the last one ended.
    func text(of reply: String) -> String? {
        var text = ""
        for delta in frames("delta") where delta["reply"]?.string == reply {
            guard delta["at"]?.integer == Int64(text.utf16.count), let more = delta["text"]?.string else { return nil }
            text += more
        }
        return text
    }
}

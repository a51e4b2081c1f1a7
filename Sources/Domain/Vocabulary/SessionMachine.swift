package import JSON
package import Primitives

/// A command as the session sees it: who, what, with which arguments.
package struct SessionCommand: Sendable, Equatable {
    package let caller: Caller
    package let name: String
    package let data: JSONValue

    package init(caller: Caller, name: String, data: JSONValue) {
        self.caller = caller
        self.name = name
        self.data = data
    }
}

/// What a decision may use of the world. Everything is an argument, so that the same inputs decide the same.
package struct DecisionContext {
    package let now: Timestamp
    /// Makes a fresh identifier with a prefix (`m`, `r`).
    package let identifier: (_ prefix: String) -> String

    package init(now: Timestamp, identifier: @escaping (_ prefix: String) -> String) {
        self.now = now
        self.identifier = identifier
    }
}

/// What follows from a command or an outcome. Nothing of it has happened yet: the session writes `events` first.
package struct Decision<Machine: SessionMachine>: Sendable {
    package var events: [Machine.Event]
    /// The `data` of the `ok` frame.
    package var answer: JSONValue
    /// To be carried out once the events are durable.
    package var effects: [Machine.Effect]
    /// To be carried out at once, before the write: only what can be taken back (`SessionMachine.Effect` says which).
    package var preparations: [Machine.Effect]
    /// What was measured: it is in the state at once. With a command it is written, as part of a checkpoint, before the `ok`; else
    /// within seconds.
    package var measurements: [Machine.Measurement]
    /// The session ends with this: it is removed from every table, its subscribers are told.
    package var erasesSession: Bool

    package init(
        events: [Machine.Event] = [], answer: JSONValue = [:], effects: [Machine.Effect] = [],
        preparations: [Machine.Effect] = [], measurements: [Machine.Measurement] = [], erasesSession: Bool = false
    ) {
        self.events = events
        self.answer = answer
        self.effects = effects
        self.preparations = preparations
        self.measurements = measurements
        self.erasesSession = erasesSession
    }
}

/// An event of the log: typed here, `name` and a JSON object outside.
package protocol SessionEvent: Sendable, Equatable {
    var name: String { get }
    /// The `data` of the event frame.
    var data: JSONValue { get }
    /// Reads back what `name` and `data` wrote, in this or an earlier release; nil when it cannot be read.
    init?(name: String, data: JSONValue)
}

/// The pure state of one kind of session: commands and outcomes are decided into events, events are applied.
/// The value holds committed facts only; what is under way lives with the effects and is handed in as `Live`.
package protocol SessionMachine: Sendable, Equatable {
    associatedtype Event: SessionEvent
    /// What to do outside (call a model, stop the call). Carried out by the session's effects.
    associatedtype Effect: Sendable, Equatable
    /// How an effect ended.
    associatedtype Outcome: Sendable, Equatable
    /// What a decision may see of effects that run.
    associatedtype Live: Sendable
    /// What a session is made with (`PUT`); the same facts again are the same session.
    associatedtype Facts: Sendable, Equatable
    /// Who sees the same of the session.
    associatedtype Audience: SessionAudience = Everyone
    /// A change of the state that comes too often for the log (a position): only checkpoints keep it, so that a crash may take the
    /// last seconds of it.
    associatedtype Measurement: Sendable, Equatable = Never

    static var kind: SessionKind { get }
    /// The number of the checkpoint format that `encode` writes.
    static var checkpointFormat: Int16 { get }

    init(id: String, facts: Facts, createdAt: Timestamp)
    var facts: Facts { get }
    /// What the session is made with that this command to an absent one makes; nil when there has to be one.
    static func facts(madeBy command: SessionCommand) -> Facts?
    /// What the session is made with that is asked to follow, where there is none; nil when there has to be one.
    static func facts(madeBySubscriber caller: Caller, to id: String) -> Facts?
    /// The command that erases a session; repeated with its key it gets its first answer. nil: there is none.
    static var erasingCommand: String? { get }

    /// nil: the caller may not read the session.
    func audience(of caller: Caller) -> Audience?
    /// True when others may read the session from this event on, or see other things of it: its subscribers are asked for anew.
    static func changesAudiences(_ event: Event) -> Bool

    /// A fault when the caller may not send this signal to the other subscribers.
    func refusal(ofSignal name: String, from caller: Caller) -> FaultReason?

    /// A signal that is meant for the session itself, not for its other subscribers; nil: it is none.
    func decide(signal name: String, _ data: JSONValue, from caller: Caller, live: Live, _ context: DecisionContext)
        throws(FaultReason) -> Decision<Self>?
    /// A session is loaded for this signal, when it is not live.
    static func takes(signal name: String) -> Bool

    /// Whether it wants to know how far its subscribers have come (`ack` frames).
    var hearsAcknowledgements: Bool { get }
    /// A device of the caller has everything up to there. nil: nothing follows.
    func decide(acknowledgement offset: Int64, from caller: Caller, live: Live, _ context: DecisionContext)
        -> Decision<Self>?

    func decide(_ command: SessionCommand, live: Live, _ context: DecisionContext) throws(FaultReason) -> Decision<Self>

    /// nil when the outcome changes nothing (any more).
    func decide(_ outcome: Outcome, live: Live, _ context: DecisionContext) -> Decision<Self>?

    mutating func apply(_ event: Event, offset: Int64, at: Timestamp)
    /// Of events and measurements that come in another order the state is the same.
    mutating func apply(_ measurement: Measurement)

    /// The `state` of a snapshot frame: JSON text.
    func snapshotState(for audience: Audience) -> [UInt8]
    /// The `data` of an event frame; nil: as it stands in the log.
    static func data(of event: Event, for audience: Audience) -> JSONValue?

    /// The checkpoint.
    func encode() -> [UInt8]
    init?(checkpoint: [UInt8], format: Int16)
}

/// Why a command is refused, in the domain's words. The wire's fault codes are given to it at the edge.
package enum FaultReason: Error, Sendable, Equatable {
    /// The command's arguments are wrong.
    case invalid(String)
    /// The kind has no such command.
    case unknownCommand
    /// This caller may not.
    case forbidden
    /// The state does not allow it.
    case rejected(String)
    /// It would have been allowed earlier.
    case tooLate(String)
    /// An argument is too large.
    case tooLarge(String)
    /// Too much is waiting; later it will be allowed.
    case busy(String)
}

/// Who sees the same of a session. There are few: what subscribers are told is made once for each of them that anybody of follows.
package protocol SessionAudience: Sendable, Hashable, CaseIterable, RawRepresentable where RawValue == UInt8 {}

/// Of a session that looks the same to all who may read it.
package enum Everyone: UInt8, SessionAudience { case everyone }

extension SessionMachine {
    package func mayRead(_ caller: Caller) -> Bool { audience(of: caller) != nil }
    package static func changesAudiences(_ event: Event) -> Bool { false }
    package static func data(of event: Event, for audience: Audience) -> JSONValue? { nil }
    package func decide(
        signal name: String, _ data: JSONValue, from caller: Caller, live: Live, _ context: DecisionContext
    ) throws(FaultReason) -> Decision<Self>? { nil }
    package static func takes(signal name: String) -> Bool { false }
    package var hearsAcknowledgements: Bool { false }
    package func decide(
        acknowledgement offset: Int64, from caller: Caller, live: Live, _ context: DecisionContext
    ) -> Decision<Self>? { nil }
    package static func facts(madeBy command: SessionCommand) -> Facts? { nil }
    package static func facts(madeBySubscriber caller: Caller, to id: String) -> Facts? { nil }
    package static var erasingCommand: String? { nil }
}

extension SessionMachine where Audience == Everyone {
    package func snapshotState() -> [UInt8] { snapshotState(for: .everyone) }
}

extension SessionMachine where Measurement == Never {
    package mutating func apply(_ measurement: Never) {}
}

/// What a session of one of the kinds is made with.
package enum SessionFacts: Sendable, Equatable {
    case conversation(ConversationFacts)
    case lineAccount(LineAccountFacts)
    case payment(PaymentFacts)
    case order(OrderFacts)
    case feed(FeedFacts)
    case inbox(InboxFacts)

    /// Reads the body of the `PUT`.
    /// - Parameter lifecycle: the one that an order's body names (`OrderFacts.lifecycleName`).
    package init(_ kind: SessionKind, json: JSONValue, lifecycle: Lifecycle? = nil) throws(FaultReason) {
        switch kind {
        case .conversation: self = .conversation(try ConversationFacts(json: json))
        case .lineAccount: self = .lineAccount(try LineAccountFacts(json: json))
        case .payment: self = .payment(try PaymentFacts(json: json))
        case .inbox: self = .inbox(InboxFacts())
        case .order:
            guard let lifecycle else { throw .invalid("there is no such lifecycle") }
            self = .order(try OrderFacts(json: json, lifecycle: lifecycle))
        case .feed: self = .feed(try FeedFacts(json: json))
        }
    }
}

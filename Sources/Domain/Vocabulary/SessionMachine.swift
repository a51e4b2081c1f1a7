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
    /// The session ends with this: it is removed from every table, its subscribers are told.
    package var erasesSession: Bool

    package init(
        events: [Machine.Event] = [], answer: JSONValue = [:], effects: [Machine.Effect] = [],
        preparations: [Machine.Effect] = [], erasesSession: Bool = false
    ) {
        self.events = events
        self.answer = answer
        self.effects = effects
        self.preparations = preparations
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

    static var kind: SessionKind { get }
    /// The number of the checkpoint format that `encode` writes.
    static var checkpointFormat: Int16 { get }

    init(id: String, facts: Facts, createdAt: Timestamp)
    var facts: Facts { get }
    /// What the session is made with that this command to an absent one makes; nil when there has to be one.
    static func facts(madeBy command: SessionCommand) -> Facts?
    /// The command that erases a session; repeated with its key it gets its first answer. nil: there is none.
    static var erasingCommand: String? { get }

    func mayRead(_ caller: Caller) -> Bool

    /// A fault when the caller may not send this signal to the other subscribers.
    func refusal(ofSignal name: String, from caller: Caller) -> FaultReason?

    func decide(_ command: SessionCommand, live: Live, _ context: DecisionContext) throws(FaultReason) -> Decision<Self>

    /// nil when the outcome changes nothing (any more).
    func decide(_ outcome: Outcome, live: Live, _ context: DecisionContext) -> Decision<Self>?

    mutating func apply(_ event: Event, offset: Int64, at: Timestamp)

    /// The `state` of a snapshot frame: JSON text.
    func snapshotState() -> [UInt8]

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

extension SessionMachine {
    package static func facts(madeBy command: SessionCommand) -> Facts? { nil }
    package static var erasingCommand: String? { nil }
}

/// What a session of one of the kinds is made with.
package enum SessionFacts: Sendable, Equatable {
    case conversation(ConversationFacts)
    case lineAccount(LineAccountFacts)
    case payment(PaymentFacts)

    /// Reads the body of the `PUT`; nil: this server does not have sessions of that kind.
    package init?(_ kind: SessionKind, json: JSONValue) throws(FaultReason) {
        switch kind {
        case .conversation: self = .conversation(try ConversationFacts(json: json))
        case .lineAccount: self = .lineAccount(try LineAccountFacts(json: json))
        case .payment: self = .payment(try PaymentFacts(json: json))
        case .order: return nil
        }
    }
}

package import Domain
package import Ports

/// How effects speak to the session that started them. Every call is made on the session's loop.
package struct SessionPort<Machine: SessionMachine> {
    /// An effect went on or ended: the machine decides what follows.
    package let report: (Machine.Outcome) -> Void
    /// Something volatile for the subscribers of these audiences; nil: for all.
    package let publish: (Publication.Content, _ json: [UInt8], _ audiences: [Machine.Audience]?) -> Void
    /// A change that recovery wants, without an event. Best effort: a failure is not reported.
    package let store: ([StoredChange]) -> Void
}

/// Carries out a session's effects, and holds what is under way and need not be durable. One object a session,
/// confined to the session's loop.
package protocol SessionEffects: AnyObject, Sendable {
    associatedtype Machine: SessionMachine

    /// What decisions may see.
    var live: Machine.Live { get }
    /// True while something runs, or waits for its time: the session is not let go.
    var isBusy: Bool { get }
    /// True while something runs whose end a stop of the server waits for.
    var isUnderWay: Bool { get }

    func attach(_ port: SessionPort<Machine>)

    /// Before the write; `rolledBack` takes it back.
    func prepare(_ effect: Machine.Effect)
    /// After the write.
    func run(_ effect: Machine.Effect)
    /// A write failed: what was prepared for it is void.
    func rolledBack()

    /// What a new subscriber gets after the snapshot or the replay (the open reply's text so far). `state` is what the snapshot shows.
    func openingFrames(of state: Machine, for audience: Machine.Audience) -> [[UInt8]]
    /// How many follow the session now, of each audience (by its raw value).
    func followed(by subscribers: [Int])

    /// The server stops: end what runs, report it now.
    func interrupt()
    /// The session is let go: stop what runs, report nothing.
    func abandon()

    /// The projections of a session that is created without an event.
    static func creationChanges(of state: Machine) -> [StoredChange]
    /// The projections of one event, given the state after it.
    static func changes(for event: Machine.Event, offset: Int64, state: Machine) -> [StoredChange]
    /// What other sessions are told because of one event, given the state after it. They are durable with the event, and each
    /// is decided by its target exactly once (`Courier`). An event that erases the session sends none.
    static func letters(for event: Machine.Event, offset: Int64, state: Machine) -> [Letter]
    /// The outcome for what was unfinished when the last process ended; nil when nothing was.
    static func recovery(of state: Machine, openReply: OpenReplyRow?) -> Machine.Outcome?
}

extension SessionEffects {
    package func followed(by subscribers: [Int]) {}
    package static func letters(for event: Machine.Event, offset: Int64, state: Machine) -> [Letter] { [] }
}

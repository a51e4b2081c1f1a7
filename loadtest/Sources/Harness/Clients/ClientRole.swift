internal import HTTP1
internal import Primitives

/// What clients that do the same have in common, so that each of them keeps only what is its own. Confined to the driver's
/// loop.
final class ClientRole {
    let run: RunContext
    let token: Secret
    let sessions: SessionOracle
    let socketTarget: HTTPTarget
    /// Stage of the time from the intended start to the first snapshot or welcome.
    let connectStage: String
    private(set) weak var delegate: (any ContractClientDelegate)?

    init(
        _ run: RunContext, token: Secret, sessions: SessionOracle, connectStage: String = "connect",
        delegate: (any ContractClientDelegate)?
    ) throws(LoadFailure) {
        self.run = run
        self.token = token
        self.sessions = sessions
        self.connectStage = connectStage
        self.delegate = delegate
        socketTarget = try HTTPChannel.target("/v1/socket")
    }
}

/// An event as a client was shown it; valid during the call that brings it.
struct SeenEvent {
    let frame: ServerFrame
    let offset: Int64
    /// Of a message of ours: its number.
    let mark: Int?
    /// Among what a resume brought.
    let isReplay: Bool

    func isNamed(_ name: StaticString) -> Bool { frame["name"]?.says(name) ?? false }
}

/// A command that was answered for good.
struct CommandAnswer {
    enum Outcome {
        /// In the log at this offset.
        case ok(offset: Int64)
        /// Refused with this code, also after it was tried again where that may help.
        case fault(code: Int)
    }

    let number: Int
    let intended: Instant
    let outcome: Outcome
    /// Of an `ok`.
    let frame: ServerFrame
}

/// Gets what becomes of a client. `subscription` is the index that `follow` returned.
protocol ContractClientDelegate: AnyObject {
    /// It is connected, and every subscription has its snapshot or its replay; after each connect.
    func clientIsReady(_ client: ContractClient, isFirst: Bool, at instant: Instant)
    /// An event that was not shown before.
    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant)
    /// A frame that is no event: a delta, a snapshot, a value, a signal.
    func client(_ client: ContractClient, received frame: ServerFrame, of subscription: Int, at instant: Instant)
    func client(_ client: ContractClient, isAnswered answer: CommandAnswer, at instant: Instant)
    /// The server forbids to come back.
    func clientEnded(_ client: ContractClient, why: String)
}

extension ContractClientDelegate {
    func clientIsReady(_ client: ContractClient, isFirst: Bool, at instant: Instant) {}
    func client(_ client: ContractClient, saw event: SeenEvent, of subscription: Int, at instant: Instant) {}
    func client(_ client: ContractClient, received frame: ServerFrame, of subscription: Int, at instant: Instant) {}
    func client(_ client: ContractClient, isAnswered answer: CommandAnswer, at instant: Instant) {}
    func clientEnded(_ client: ContractClient, why: String) {}
}

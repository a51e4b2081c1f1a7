internal import Domain
internal import WireProtocol

/// How one platform's façade tells of a reply that a request waits for. Confined to the exchange's loop; after `succeed` or
/// `refuse` nothing more is called.
protocol ChatReplyForm: AnyObject, Sendable {
    /// The message is durable; its answer is awaited.
    func begin()
    /// A part of the reply's text as it is said, which begins at `position` in UTF-16 units; `frame` is it as sockets have it.
    func show(_ text: String, at position: Int64, frame: [UInt8])
    /// What the log says of the reply, the profile and the products, as sockets have it.
    func show(event frame: [UInt8])
    func succeed(_ outcome: ChatOutcome)
    func refuse(_ fault: Fault)
}

/// What became of a message that was sent.
struct ChatOutcome: Sendable {
    let conversation: String
    /// Its id.
    let message: String
    /// The advisor's; nil in a conversation without one.
    let reply: Message?
    let state: Conversation
}

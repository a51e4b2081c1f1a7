package import Domain
internal import Synchronization
package import WireProtocol

/// One thing that every subscriber of a session gets: encoded once, shared by all of them.
package final class Publication: Sendable {
    package enum Content: Sendable, Equatable {
        /// The answer to one subscriber's request: `subscribed`, `snapshot`, replayed events.
        /// Behind it the subscriber stands at `position`.
        case opening(position: StreamPosition)
        case event(offset: Int64, name: String)
        /// A part of a reply's text; `at` is where it begins, in UTF-16 code units.
        case delta(reply: String, at: Int64, text: String)
        /// Ephemeral, from one subscriber to the others; `sender` is not told.
        case signal(sender: ObjectIdentifier?)
    }

    package let content: Content
    /// The frame as JSON text.
    package let json: [UInt8]
    /// The frame with its transport header, as it goes out on a WebSocket.
    package let framed: [UInt8]

    package init(_ content: Content, json: [UInt8], framing: FrameEncoding) {
        self.content = content
        self.json = json
        framed = framing.encode(json)
    }

    /// The frame in the transport's compressed form, made from `json` by the first who needs it and shared from then on.
    /// Whoever asks must make the same of it. Two loops may both make it at the same time; one result stays.
    package func compressed(_ make: ([UInt8]) -> [UInt8]) -> [UInt8] {
        if let known = compressedFrame.load() { return known.bytes }
        return compressedFrame.storeIfNil(CompressedFrame(bytes: make(json))).bytes
    }

    private let compressedFrame = AtomicLazyReference<CompressedFrame>()

    private final class CompressedFrame: Sendable {
        let bytes: [UInt8]
        init(bytes: [UInt8]) { self.bytes = bytes }
    }
}

/// What a session published in one turn of a subscriber's loop, in order. Never empty. Made once for all subscribers of the
/// loop.
package struct PublicationBurst: Sendable {
    package let publications: [Publication]
    /// All of them with their transport headers, one behind the other: what goes to a subscriber that gets everything.
    package let framed: [UInt8]
    /// Bytes of the largest of them, without transport header.
    package let largestBytes: Int
    /// Where everyone stands behind it: the offset of the last event, in this burst or before; nil when there was none.
    package let lastOffset: Int64?
    /// The same before this burst.
    package let offsetBefore: Int64?
    /// Whose signals are among them: those subscribers do not get everything.
    private let senders: [ObjectIdentifier]
    package let hasSignals: Bool

    /// - Parameter offset: where everyone stands before it; nil when nobody has been told of an event.
    package init(_ publications: [Publication], after offset: Int64?) {
        precondition(!publications.isEmpty, "a burst has something to tell")
        self.publications = publications
        var framed = publications.count == 1 ? publications[0].framed : []
        var lastOffset = offset
        var senders: [ObjectIdentifier] = []
        var hasSignals = false
        if publications.count > 1 {
            framed.reserveCapacity(publications.reduce(0) { $0 + $1.framed.count })
            for publication in publications { framed.append(contentsOf: publication.framed) }
        }
        for publication in publications {
            switch publication.content {
            case .event(let offset, _): lastOffset = offset
            case .opening, .delta: break
            case .signal(let sender):
                hasSignals = true
                if let sender, senders.last != sender { senders.append(sender) }
            }
        }
        self.framed = framed
        largestBytes = publications.reduce(0) { max($0, $1.json.count) }
        self.lastOffset = lastOffset
        offsetBefore = offset
        self.senders = senders
        self.hasSignals = hasSignals
    }

    package func hasSignals(of subscriber: ObjectIdentifier?) -> Bool {
        guard hasSignals, let subscriber else { return false }
        return senders.contains(subscriber)
    }
}

/// Puts a transport's header before a frame's text. The sessions publish bytes that connections send as they are,
/// without knowing the transport.
package struct FrameEncoding: Sendable {
    package let encode: @Sendable ([UInt8]) -> [UInt8]
    package init(encode: @escaping @Sendable ([UInt8]) -> [UInt8]) { self.encode = encode }
}

/// Takes the frames of a burst as they are, without looking at what they say.
package protocol FrameSink: AnyObject {
    /// Sends them at once; false, and nothing is sent, when something waits before them or the sink is closed.
    func deliver(_ frames: [UInt8]) -> Bool
}

/// The straight way to a subscriber, and what may take it.
package struct DeliveryLane {
    package let sink: any FrameSink
    /// Whose signals are not for this subscriber: its own.
    package let sender: ObjectIdentifier?
    /// The largest message that the sink sends as it is.
    package let maxPlainBytes: Int

    package init(sink: any FrameSink, sender: ObjectIdentifier?, maxPlainBytes: Int) {
        self.sink = sink
        self.sender = sender
        self.maxPlainBytes = maxPlainBytes
    }

    /// False, and nothing is sent, when the burst must go through the subscriber.
    func deliver(_ burst: PublicationBurst) -> Bool {
        burst.largestBytes <= maxPlainBytes && !burst.hasSignals(of: sender) && sink.deliver(burst.framed)
    }
}

/// Who follows a session: a WebSocket subscription, an event stream. Lives on `loop`; `receive` and `end` are called
/// there, in the order of the session's own events.
package protocol Subscriber: AnyObject, Sendable {
    var loopIndex: Int { get }
    var caller: Caller { get }
    /// Where it stands in a list, negative in none; for the list, which sets it.
    var place: Int32 { get set }
    /// Where a burst may go past the subscriber, as long as it wants every frame and keeps up; see `SubscriberList.divert`.
    var lane: DeliveryLane? { get }
    /// The answer to its request; from now on it is in `list`.
    func open(with publications: [Publication], in list: SubscriberList)
    func receive(_ burst: PublicationBurst)
    /// Nothing comes after this.
    func end(_ cause: ServerFrame.UnsubscribeCause)
}

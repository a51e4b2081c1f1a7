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
        /// The newest of this name stands for all before it.
        case value(name: String)
    }

    package let content: Content
    /// The frame with its transport header, as it goes out on a WebSocket.
    package let framed: [UInt8]
    private let headerBytes: Int

    package init(_ content: Content, json: [UInt8], framing: FrameEncoding) {
        self.content = content
        (framed, headerBytes) = framing.frame(payloadBytes: json.count) { room in
            json.withUnsafeBytes { room.copyMemory(from: $0) }
        }
    }

    /// What one subscriber signals to the others.
    package init(_ signal: SignalText, from subject: String, sender: ObjectIdentifier?, framing: FrameEncoding) {
        content = .signal(sender: sender)
        (framed, headerBytes) = signal.withFrame(from: subject) { frame in
            framing.frame(payloadBytes: frame.byteCount) { frame.write(to: $0) }
        }
    }

    /// The frame as JSON text.
    package var json: ArraySlice<UInt8> { framed[headerBytes...] }
    package var jsonBytes: Int { framed.count - headerBytes }

    /// The frame in the transport's compressed form, made from `json` by the first who needs it and shared from then on.
    /// Whoever asks must make the same of it. Two loops may both make it at the same time; one result stays.
    package func compressed(_ make: (ArraySlice<UInt8>) -> [UInt8]) -> [UInt8] {
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
/// loop. Of one publication, which is the usual burst, it takes no memory.
package struct PublicationBurst: Sendable {
    private let first: Publication
    private let others: [Publication]
    /// All of them with their transport headers, one behind the other: what goes to a subscriber that gets everything.
    package let framed: [UInt8]
    /// Bytes of the largest of them, without transport header.
    package let largestBytes: Int
    /// Where everyone stands behind it: the offset of the last event, in this burst or before; nil when there was none.
    package let lastOffset: Int64?
    /// The same before this burst.
    package let offsetBefore: Int64?
    package let hasSignals: Bool
    /// Whose signals are among them, the first and the others: those subscribers do not get everything.
    private let sender: ObjectIdentifier?
    private let otherSenders: [ObjectIdentifier]

    /// - Parameter offset: where everyone stands before it; nil when nobody has been told of an event.
    package init(_ first: Publication, _ others: [Publication] = [], after offset: Int64?) {
        self.first = first
        self.others = others
        var senders = Senders()
        var lastOffset = senders.add(first.content) ?? offset
        if others.isEmpty {
            framed = first.framed
            largestBytes = first.jsonBytes
        } else {
            var framed: [UInt8] = []
            var largestBytes = first.jsonBytes
            framed.reserveCapacity(others.reduce(first.framed.count) { $0 + $1.framed.count })
            framed.append(contentsOf: first.framed)
            for publication in others {
                framed.append(contentsOf: publication.framed)
                largestBytes = max(largestBytes, publication.jsonBytes)
                lastOffset = senders.add(publication.content) ?? lastOffset
            }
            self.framed = framed
            self.largestBytes = largestBytes
        }
        self.lastOffset = lastOffset
        offsetBefore = offset
        hasSignals = senders.hasSignals
        sender = senders.first
        otherSenders = senders.others
    }

    package var publications: [Publication] { [first] + others }

    package func hasSignals(of subscriber: ObjectIdentifier?) -> Bool {
        guard let subscriber, let sender else { return false }
        return sender == subscriber || !otherSenders.isEmpty && otherSenders.contains(subscriber)
    }

    /// Whose signals there are, each once in a row; almost always it is one.
    private struct Senders {
        var hasSignals = false
        var first: ObjectIdentifier?
        var others: [ObjectIdentifier] = []

        /// Returns the offset of an event.
        mutating func add(_ content: Publication.Content) -> Int64? {
            switch content {
            case .event(let offset, _): return offset
            case .opening, .delta: return nil
            case .value:
                hasSignals = true
                return nil
            case .signal(let sender):
                hasSignals = true
                guard let sender, sender != others.last ?? first else { return nil }
                if first == nil { first = sender } else { others.append(sender) }
                return nil
            }
        }
    }
}

/// Puts a transport's header before a frame's text. The sessions publish bytes that connections send as they are,
/// without knowing the transport.
package struct FrameEncoding: Sendable {
    /// Writes the header of a text to the start of the room, and says how long it is.
    package typealias WriteHeader = @Sendable (_ payloadBytes: Int, _ room: UnsafeMutableRawBufferPointer) -> Int

    private let maxHeaderBytes: Int
    private let writeHeader: WriteHeader

    /// - Parameter maxHeaderBytes: the room that the header of any text needs.
    package init(maxHeaderBytes: Int, writeHeader: @escaping WriteHeader) {
        self.maxHeaderBytes = maxHeaderBytes
        self.writeHeader = writeHeader
    }

    /// Frames go out as they are.
    package static let none = FrameEncoding(maxHeaderBytes: 0) { _, _ in 0 }

    /// A header and behind it what `write` puts into all of its room, in memory that is taken once.
    func frame(
        payloadBytes: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) -> (framed: [UInt8], headerBytes: Int) {
        var headerBytes = 0
        let framed = [UInt8](unsafeUninitializedCapacity: maxHeaderBytes + payloadBytes) { buffer, count in
            let room = UnsafeMutableRawBufferPointer(buffer)
            headerBytes = writeHeader(payloadBytes, UnsafeMutableRawBufferPointer(rebasing: room[..<maxHeaderBytes]))
            precondition(headerBytes >= 0 && headerBytes <= maxHeaderBytes, "a header fits its room")
            count = headerBytes + payloadBytes
            write(UnsafeMutableRawBufferPointer(rebasing: room[headerBytes..<count]))
        }
        return (framed, headerBytes)
    }
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

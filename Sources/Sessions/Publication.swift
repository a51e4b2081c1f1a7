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

/// Puts a transport's header before a frame's text. The sessions publish bytes that connections send as they are,
/// without knowing the transport.
package struct FrameEncoding: Sendable {
    package let encode: @Sendable ([UInt8]) -> [UInt8]
    package init(encode: @escaping @Sendable ([UInt8]) -> [UInt8]) { self.encode = encode }
}

/// Who follows a session: a WebSocket subscription, an event stream. Lives on `loop`; `receive` and `end` are called
/// there, in the order of the session's own events.
package protocol Subscriber: AnyObject, Sendable {
    var loopIndex: Int { get }
    var caller: Caller { get }
    func receive(_ publications: [Publication])
    /// Nothing comes after this.
    func end(_ cause: ServerFrame.UnsubscribeCause)
}

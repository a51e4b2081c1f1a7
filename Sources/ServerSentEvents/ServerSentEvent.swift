/// One event of an event stream (WHATWG HTML §9.2), as it is dispatched.
package struct ServerSentEvent: Equatable, Sendable {
    /// The `event` field; `message` when there was none.
    package let type: String
    /// The `data` lines, joined by line feeds. As received: bytes that are not UTF-8 are the reader's to judge.
    package let data: [UInt8]
    /// The last `id` of the stream so far; empty when there was none.
    package let lastEventID: String

    package init(type: String = "message", data: [UInt8], lastEventID: String = "") {
        self.type = type
        self.data = data
        self.lastEventID = lastEventID
    }
}

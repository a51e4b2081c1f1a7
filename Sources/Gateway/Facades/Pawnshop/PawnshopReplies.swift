internal import Domain
internal import HTTP1
internal import JSON
internal import Transport
internal import WireProtocol

/// The advisor's answer as one JSON document. Confined to the exchange's loop.
final class PawnshopJSONReply: ChatReplyForm, @unchecked Sendable {
    private let envelope: PawnshopEnvelope

    init(_ envelope: PawnshopEnvelope) { self.envelope = envelope }

    func begin() {}
    func show(_ text: String, at position: Int64, frame: [UInt8]) {}
    func show(event frame: [UInt8]) {}

    func succeed(_ outcome: ChatOutcome) {
        envelope.succeed(
            "Chat response generated successfully",
            [
                "conversationId": .string(outcome.conversation), "response": .string(outcome.reply?.text ?? ""),
                "isComplete": .bool(outcome.reply?.status == .completed),
            ])
    }

    func refuse(_ fault: Fault) { envelope.refuse(PawnshopRefusal(fault)) }
}

/// The advisor's answer as plain text while it is said, in chunks; which conversation it is in stands in the head. Confined to the
/// exchange's loop.
///
/// The head goes out with the first text, so that what fails before it is refused as anything else. What fails behind it ends the
/// connection: a text that breaks off never looks whole.
final class PawnshopTextReply: ChatReplyForm, @unchecked Sendable {
    static let conversationField = "X-Conversation-ID"

    private let request: RoutedRequest
    private let conversation: String
    private var isStreaming = false
    /// UTF-16 units of the reply that were written.
    private var shown: Int64 = 0

    init(_ request: RoutedRequest, conversation: String) {
        self.request = request
        self.conversation = conversation
    }

    func begin() {}
    func show(event frame: [UInt8]) {}

    func show(_ text: String, at position: Int64, frame: [UInt8]) {
        // Behind a gap nothing is written: the end brings the rest.
        if position <= shown { write(text, from: position) }
    }

    func succeed(_ outcome: ChatOutcome) {
        let reply = outcome.reply
        write(reply?.text ?? "", from: 0)
        switch reply?.status {
        case .interrupted?, .failed?: request.exchange.abort()
        case .completed?, .cancelled?, nil:
            start()
            request.exchange.finish()
        }
    }

    func refuse(_ fault: Fault) {
        guard isStreaming else { return PawnshopEnvelope(request).refuse(PawnshopRefusal(fault)) }
        request.exchange.abort()
    }

    /// What of the text was not written yet; it begins at `position`.
    private func write(_ text: String, from position: Int64) {
        let known = Int(clamping: shown - position)
        guard known >= 0, known < text.utf16.count else { return }
        let rest = String(decoding: text.utf16.dropFirst(known), as: UTF16.self)
        start()
        shown += Int64(rest.utf16.count)
        request.exchange.write(Array(rest.utf8))
    }

    private func start() {
        guard !isStreaming else { return }
        isStreaming = true
        var headers = HTTPHeaders()
        headers.add("Content-Type", "text/plain; charset=utf-8")
        headers.add("Cache-Control", "no-store, no-transform")
        headers.add("X-Accel-Buffering", "no")
        headers.add(Self.conversationField, conversation)
        request.exchange.startStreaming(.ok, headers)
    }
}

internal import JSON
internal import Primitives

/// One reply as a reader builds it up: deltas, each at its place in UTF-16 code units, then the whole text.
struct ReplyFollower {
    enum Step {
        case none
        /// The first text is there.
        case first
        /// More text.
        case more
        /// A terminal event came; the text says whether the deltas made up the same.
        case ended(Ending)
    }

    enum Ending: Equatable {
        case completed
        /// `reply.completed` says another text than the deltas did.
        case differs
        /// Any other terminal event.
        case other(String)
    }

    private(set) var reply: String?
    private var text: [UInt16] = []
    /// Deltas whose `at` fits neither the end of the text nor 0.
    private(set) var misplaced = 0

    /// Takes a frame of the conversation.
    mutating func receive(_ frame: JSONValue) -> Step {
        switch frame["type"]?.string {
        case "delta": return receive(delta: frame)
        case "event": return receive(event: frame)
        default: return .none
        }
    }

    private mutating func receive(delta: JSONValue) -> Step {
        guard let identifier = delta["reply"]?.string, let at = delta["at"]?.integer, let piece = delta["text"]?.string
        else { return .none }
        let isFirst = identifier != reply
        if isFirst {
            reply = identifier
            text = []
        }
        if at == 0 {
            text = Array(piece.utf16)
        } else if at == text.count {
            text += piece.utf16
        } else {
            misplaced += 1
        }
        return isFirst ? .first : .more
    }

    private mutating func receive(event: JSONValue) -> Step {
        guard let name = event["name"]?.string, let identifier = event["data"]?["reply"]?.string else { return .none }
        switch name {
        case "reply.completed":
            let whole = event["data"]?["message"]?["text"]?.string ?? ""
            let isSame = identifier == reply && Array(whole.utf16) == text
            return .ended(isSame ? .completed : .differs)
        case "reply.cancelled", "reply.interrupted", "reply.failed": return .ended(.other(name))
        default: return .none
        }
    }
}

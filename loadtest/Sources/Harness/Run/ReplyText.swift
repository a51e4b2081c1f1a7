internal import JSON

/// The text of a reply as a reader builds it up from deltas, each at its place in UTF-16 code units. Knows no sockets.
struct ReplyText {
    enum Step: Equatable {
        /// The first that is there of this reply.
        case first
        case more
        /// It fits neither the end nor the beginning: the reader has to subscribe again.
        case misplaced
        /// Behind a misplaced one, until the text comes anew.
        case ignored
    }

    private(set) var reply = ""
    /// Of the subscription that the text came by: what came by another one may have left something out.
    private var generation: UInt32 = 0
    private var units: Int64 = 0
    private var text: [UInt8] = []
    private var isBroken = false

    /// `generation`: the follower's.
    mutating func take(reply: String, at: Int64, text piece: String, generation: UInt32) -> Step {
        let isFirst = reply != self.reply
        if at == 0 {
            self.reply = reply
            self.generation = generation
            isBroken = false
            units = 0
            text.removeAll(keepingCapacity: true)
        } else if isFirst || isBroken || generation != self.generation || at != units {
            if isBroken, !isFirst, generation == self.generation { return .ignored }
            self.reply = reply
            self.generation = generation
            isBroken = true
            return .misplaced
        }
        text += piece.utf8
        units += Int64(piece.utf16.count)
        return isFirst ? .first : .more
    }

    /// Whether the deltas made up what `reply.completed` says; nil when they did not all come by one subscription.
    func isSame(as whole: String, reply: String, generation: UInt32) -> Bool? {
        guard reply == self.reply, generation == self.generation, !isBroken else { return nil }
        return text.elementsEqual(whole.utf8)
    }

    /// UTF-16 code units so far.
    var length: Int64 { units }

    mutating func forget() { self = ReplyText() }
}

/// The newest part of a conversation that fits a provider's token budget.
package enum HistoryWindow {
    /// Tokens that a message costs beside its text (role and separators).
    package static let tokensPerEntry = 4

    /// A deterministic estimate of the tokens of a text, rather too high than too low: a Thai code point (U+0E00…0E7F) is
    /// half a token, four bytes of anything else are one; each sum is rounded up.
    package static func estimate(_ text: String) -> Int {
        var thai = 0
        var otherBytes = 0
        for scalar in text.unicodeScalars {
            if (0x0E00...0x0E7F).contains(scalar.value) { thai += 1 } else { otherBytes += UTF8.width(scalar) }
        }
        return (thai + 1) / 2 + (otherBytes + 3) / 4
    }

    /// The longest end of `turns` whose estimate is within `budget` tokens, cut only before a user message: a user message
    /// and the replies to it stay together or go together. Replies at the head without their message go. The newest user
    /// message with all that follows it is kept even when it is over the budget. Empty when there is no user message.
    package static func cut(_ turns: [AdvisorTurn], budget: Int) -> [AdvisorTurn] {
        var start: Int?
        var cost = 0
        for index in turns.indices.reversed() {
            cost += estimate(turns[index].text) + tokensPerEntry
            if start != nil, cost > budget { break }
            if turns[index].role == .user { start = index }
        }
        return start.map { Array(turns[$0...]) } ?? []
    }
}

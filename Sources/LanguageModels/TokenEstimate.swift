internal import JSON
internal import Ports

/// How many tokens a text is likely to be, for replies whose provider never gave its figure.
///
/// Rule: four ASCII bytes are a token, and so are two other characters (Thai costs about 0.4–0.6 tokens a character in the
/// tokenizers of 2024 and later); rounded up. Errs on the high side by design: it stands in a usage record as
/// `isReported: false`, never in an invoice alone.
enum TokenEstimate {
    static func tokens(in text: String) -> Int64 {
        var counter = Counter()
        counter.add(text)
        return counter.tokens
    }

    /// What the provider has to read of `request`: its texts and schemas, plus four tokens a turn for the roles.
    static func inputTokens(of request: ModelRequest) -> Int64 {
        var counter = Counter()
        counter.add(request.system)
        for turn in request.turns {
            switch turn {
            case .user(let text), .assistant(let text): counter.add(text)
            case .toolCall(let call):
                counter.add(call.name)
                counter.add(call.arguments)
            case .toolResult(_, let name, let content):
                counter.add(name)
                counter.add(content)
            }
        }
        for tool in request.tools {
            counter.add(tool.name)
            counter.add(tool.description)
            counter.add(tool.parameters.text)
        }
        return counter.tokens + 4 * Int64(request.turns.count + 1)
    }

    /// Counts a text that comes in pieces.
    struct Counter: Sendable, Equatable {
        private var asciiBytes: Int64 = 0
        private var otherScalars: Int64 = 0

        mutating func add(_ text: String) {
            for byte in text.utf8 {
                if byte < 0x80 {
                    asciiBytes &+= 1
                } else if byte & 0xC0 == 0xC0 {
                    otherScalars &+= 1
                }
            }
        }

        var tokens: Int64 { (asciiBytes + 3) / 4 + (otherScalars + 1) / 2 }
    }
}

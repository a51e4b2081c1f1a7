internal import JSON

/// The number that the text of a message begins with: by it a message is known again in frames and in the journal.
enum MessageMark {
    /// A text of `bytes` bytes, or of what its number needs.
    static func text(_ number: Int, bytes: Int) -> String {
        let text = "load \(number) "
        return text + String(repeating: "x", count: max(0, bytes - text.utf8.count))
    }

    /// Of an event's `data`; nil when it is no message of ours.
    static func of(_ data: JSONSlice?) -> Int? {
        data?["message"]?["text"]?.content.flatMap { read($0) }
    }

    static func of(_ data: JSONValue?) -> Int? {
        (data?["message"]?["text"]?.string).flatMap { read(Array($0.utf8)) }
    }

    private static func read(_ text: some Collection<UInt8>) -> Int? {
        let word = "load ".utf8
        guard text.starts(with: word) else { return nil }
        var number = 0
        var digits = 0
        for digit in text.dropFirst(word.count) {
            guard digit >= 0x30, digit <= 0x39 else { return digits > 0 && digit == 0x20 ? number : nil }
            digits += 1
            guard digits <= 15 else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return nil
    }
}

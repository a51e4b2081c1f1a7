/// Reads a number that is spelled in English: "thirty thousand", "forty-five thousand", "half a million".
///
/// Only numbers with a scale are read: "one" and "five" alone are words like any other.
enum EnglishNumberReader {
    /// Words of one number; more than so many are not a number.
    private static let maxWords = 12

    static func read(_ text: ThaiText, at start: Int) -> NumberReading? {
        var index = start
        var end = start
        var total: Int64 = 0
        var current: Int64 = 0
        var lastScale = Int64.max
        var isHalf = false
        var isSized = false
        var hasValue = false
        var previous: NumberWords.English?
        words: for _ in 0..<maxWords {
            guard let (next, word) = NumberWords.english.match(text, at: index) else { break }
            switch word {
            case .number(let value):
                // Tens take units ("forty five"), hundreds take both; anything else begins another number.
                guard !isHalf, value < 10 ? current % 10 == 0 && current % 100 != 10 : current % 100 == 0 else {
                    break words
                }
                current += value
                hasValue = true
            case .hundred:
                guard hasValue, current > 0, current < 100 else { break words }
                current *= 100
                isSized = true
            case .scale(let scale):
                guard hasValue, scale < lastScale, current > 0 || isHalf else { break words }
                total += isHalf ? scale / 2 : current * scale
                current = 0
                (hasValue, isHalf, isSized, lastScale) = (false, false, true, scale)
            case .half:
                guard index == start else { break words }
                isHalf = true
                hasValue = true
            case .article:
                guard index == start || isHalf, isFollowedByScale(text, next) else { break words }
                if !isHalf { current = 1 }
                hasValue = true
            case .and:
                guard isSized, isFollowedByNumber(text, next, isInHundreds: previous == .hundred) else { break words }
            }
            previous = word
            if word != .and, word != .article { end = next }
            index = text[next] == "-" ? next + 1 : text.skippingSpaces(next)
        }
        guard isSized, end > start, !isHalf else { return nil }
        var reading = NumberReading(micro: Int128(total + current) * NumberReading.microPerBaht, end: end)
        reading.isSized = true
        return reading
    }

    private static func isFollowedByScale(_ text: ThaiText, _ index: Int) -> Bool {
        switch NumberWords.english.match(text, at: text.skippingSpaces(index))?.meaning {
        case .hundred, .scale: true
        default: false
        }
    }

    /// "one hundred and twenty thousand" is one number, "two thousand and three thousand" are two.
    private static func isFollowedByNumber(_ text: ThaiText, _ index: Int, isInHundreds: Bool) -> Bool {
        guard let (end, word) = NumberWords.english.match(text, at: text.skippingSpaces(index)), case .number = word
        else { return false }
        return isInHundreds || !isFollowedByScale(text, end)
    }
}

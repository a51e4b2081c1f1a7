/// Patterns for SQL's LIKE.
enum LikePattern {
    /// Matches what contains `text`, in which `%`, `_` and the escape itself stand for themselves.
    static func containing(_ text: String) -> String {
        var pattern = "%"
        for character in text.unicodeScalars {
            if character == "%" || character == "_" || character == "\\" { pattern.unicodeScalars.append("\\") }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "%"
    }
}

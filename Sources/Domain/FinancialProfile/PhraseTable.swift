/// Phrases and what each means; the longest that fits at a place wins, because Thai has no spaces between words.
///
/// A phrase fits only where it is not a piece of a longer syllable: an ASCII phrase must not touch ASCII letters, a Thai
/// one must not follow a leading vowel (เ แ โ ใ ไ) nor be followed by a vowel sign or tone mark (so สาม is not found in
/// สามารถ). Finding costs the few phrases that share a first scalar.
package struct PhraseTable<Meaning: Sendable>: Sendable {
    private struct Entry: Sendable {
        let phrase: [Unicode.Scalar]
        let meaning: Meaning
    }
    private var byFirst: [Unicode.Scalar: [Entry]] = [:]
    private var byLast: [Unicode.Scalar: [Entry]] = [:]

    /// Phrases are folded as texts are. The first entry of equal phrases wins.
    package init(_ entries: [(meaning: Meaning, phrases: [String])]) {
        for (meaning, phrases) in entries {
            for phrase in phrases {
                let scalars = ThaiText(phrase).scalars
                guard let first = scalars.first, let last = scalars.last else { continue }
                let entry = Entry(phrase: scalars, meaning: meaning)
                byFirst[first, default: []].append(entry)
                byLast[last, default: []].append(entry)
            }
        }
        for key in byFirst.keys { byFirst[key]?.sort { $0.phrase.count > $1.phrase.count } }
        for key in byLast.keys { byLast[key]?.sort { $0.phrase.count > $1.phrase.count } }
    }

    /// The longest phrase that begins at `index`.
    package func match(_ text: ThaiText, at index: Int) -> (end: Int, meaning: Meaning)? {
        guard let first = text[index], let entries = byFirst[first] else { return nil }
        for entry in entries where Self.fits(entry.phrase, text, at: index) {
            return (index + entry.phrase.count, entry.meaning)
        }
        return nil
    }

    /// The longest phrase that ends just before `end`.
    package func match(_ text: ThaiText, endingAt end: Int) -> (start: Int, meaning: Meaning)? {
        guard let last = text[end - 1], let entries = byLast[last] else { return nil }
        for entry in entries where Self.fits(entry.phrase, text, at: end - entry.phrase.count) {
            return (end - entry.phrase.count, entry.meaning)
        }
        return nil
    }

    private static func fits(_ phrase: [Unicode.Scalar], _ text: ThaiText, at start: Int) -> Bool {
        let end = start + phrase.count
        guard start >= 0, end <= text.count else { return false }
        for (offset, scalar) in phrase.enumerated() where text.scalars[start + offset] != scalar { return false }
        if let first = phrase.first, let previous = text[start - 1] {
            if first.isASCIILetter, previous.isASCIILetter { return false }
            if first.isThai, previous.isThaiLeadingVowel { return false }
        }
        if let last = phrase.last, let next = text[end] {
            if last.isASCIILetter, next.isASCIILetter { return false }
            if last.isThai, next.isThaiMark { return false }
        }
        return true
    }
}

extension Unicode.Scalar {
    package var isASCIIDigit: Bool { ("0"..."9").contains(self) }
    /// After folding there are only small ones.
    package var isASCIILetter: Bool { ("a"..."z").contains(self) }
    package var isThai: Bool { ("\u{0E01}"..."\u{0E5B}").contains(self) }
    package var isThaiLeadingVowel: Bool { ("\u{0E40}"..."\u{0E44}").contains(self) }
    /// A vowel sign that follows or sits on a consonant, a tone mark or a silencer.
    package var isThaiMark: Bool {
        switch value {
        case 0x0E30...0x0E3A, 0x0E45, 0x0E47...0x0E4E: true
        default: false
        }
    }
}

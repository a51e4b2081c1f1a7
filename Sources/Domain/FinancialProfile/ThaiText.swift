/// A text folded for matching, with the way back to the original.
///
/// The original is kept as it was written; only the folded form is compared. Folding does what NFC does not do for Thai:
/// Thai and full-width digits become ASCII, SARA AM has one form, vowels above and below stand before tone marks,
/// two SARA E become SARA AE, invisible characters vanish, runs of space become one space (or one line feed if there was
/// one), dashes become `-`, and ASCII letters are small. Linear in the text.
package struct ThaiText: Equatable, Sendable {
    package let source: String
    /// The folded text.
    package let scalars: [Unicode.Scalar]
    /// For each folded scalar the UTF-8 offset in `source` where it came from; one more at the end.
    private let origins: [Int]

    package init(_ source: String) {
        self.source = source
        var fold = Fold()
        var offset = 0
        for scalar in source.unicodeScalars {
            fold.append(scalar, at: offset)
            offset += UTF8.width(scalar)
        }
        scalars = fold.scalars
        origins = fold.origins + [offset]
    }

    package var count: Int { scalars.count }

    /// The scalar at `index`, nil outside the text.
    package subscript(index: Int) -> Unicode.Scalar? { scalars.indices.contains(index) ? scalars[index] : nil }

    /// The folded text as a string.
    package var folded: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// Where a range of folded scalars stands in `source`, in UTF-8 bytes. Bounds outside the text are clamped.
    package func sourceRange(_ range: Range<Int>) -> Range<Int> {
        let lower = min(max(range.lowerBound, 0), count)
        let upper = min(max(range.upperBound, lower), count)
        return origins[lower]..<origins[upper]
    }

    /// The original words of a range of folded scalars.
    package func sourceText(_ range: Range<Int>) -> String {
        let bytes = sourceRange(range)
        return String(decoding: source.utf8.dropFirst(bytes.lowerBound).prefix(bytes.count), as: UTF8.self)
    }

    /// The index of the first scalar from `index` on that is no space (line feeds are kept).
    package func skippingSpaces(_ index: Int) -> Int {
        var index = index
        while self[index] == " " { index += 1 }
        return index
    }

    /// The end of the text before `index` without the spaces there.
    package func skippingSpacesBackwards(_ index: Int) -> Int {
        var index = index
        while self[index - 1] == " " { index -= 1 }
        return index
    }
}

/// The folded text under construction: each append may rewrite the last two scalars.
private struct Fold {
    var scalars: [Unicode.Scalar] = []
    var origins: [Int] = []

    mutating func append(_ scalar: Unicode.Scalar, at offset: Int) {
        guard let folded = Self.folded(scalar) else { return }
        switch folded {
        case " ", "\n":
            if let last = scalars.last, last == " " || last == "\n" {
                if folded == "\n" { scalars[scalars.count - 1] = folded }
                return
            }
        case "\u{0E46}":  // MAIYAMOK belongs to the word before it, also across a space.
            if scalars.last == " " { removeLast() }
        case "\u{0E32}" where joinSaraAm(): return
        case "\u{0E40}" where scalars.last == "\u{0E40}":
            scalars[scalars.count - 1] = "\u{0E41}"
            return
        case "\u{0E48}"..."\u{0E4B}":
            if scalars.last == folded { return }
            if scalars.last == "\u{0E33}" { return insertBeforeLast(folded, at: offset) }
        case "\u{0E31}", "\u{0E34}"..."\u{0E39}":
            if let last = scalars.last, Self.isTone(last) { return insertBeforeLast(folded, at: offset) }
        default: break
        }
        scalars.append(folded)
        origins.append(offset)
    }

    /// NIKHAHIT before this SARA AA, with or without a tone mark between or before, becomes SARA AM after the tone.
    private mutating func joinSaraAm() -> Bool {
        if scalars.last == "\u{0E4D}" {
            scalars[scalars.count - 1] = "\u{0E33}"
            return true
        }
        guard scalars.count >= 2, let tone = scalars.last, Self.isTone(tone), scalars[scalars.count - 2] == "\u{0E4D}"
        else { return false }
        scalars[scalars.count - 2] = tone
        scalars[scalars.count - 1] = "\u{0E33}"
        return true
    }

    private mutating func insertBeforeLast(_ scalar: Unicode.Scalar, at offset: Int) {
        scalars.insert(scalar, at: scalars.count - 1)
        origins.append(offset)
    }

    private mutating func removeLast() {
        scalars.removeLast()
        origins.removeLast()
    }

    private static func isTone(_ scalar: Unicode.Scalar) -> Bool { ("\u{0E48}"..."\u{0E4B}").contains(scalar) }

    /// The scalar that stands for this one, nil if it is invisible.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: "\n"
        case 0x00...0x20, 0x7F, 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: " "
        case 0x41...0x5A: Unicode.Scalar(scalar.value + 0x20)
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: nil
        case 0x0E50...0x0E59: Unicode.Scalar(scalar.value - 0x0E50 + 0x30)
        case 0x2010...0x2015, 0x2212: "-"
        case 0x2018, 0x2019: "'"
        case 0x201C, 0x201D: "\""
        case 0x2248: "~"
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0).flatMap(folded)
        default: scalar
        }
    }
}

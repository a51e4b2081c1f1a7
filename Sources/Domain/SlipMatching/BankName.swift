/// A name as banks show it, taken apart: titles and forms of companies away, letters folded. Thai is compared with Thai and
/// English with English; nothing is transliterated, because สมชาย is Somchai and ณัฐพงศ์ is a dozen things.
struct BankName: Sendable, Equatable {
    enum Script: Sendable { case thai, latin }

    /// One way to read it: with a title taken away, or with the letters of a title as part of the name.
    struct Reading: Sendable, Equatable {
        var gender: PersonalTitle.Gender
        /// The first name, or the core of a company's.
        let first: String
        /// All that follows, without spaces.
        let rest: String
    }

    let script: Script
    let form: LegalForm
    /// A suffix such as จำกัด ends the name: nothing of it was cut off.
    let isClosed: Bool
    /// All of it without spaces and punctuation.
    let whole: String
    /// Scalars of the text: banks cut names at some 20 to 35.
    let length: Int
    let readings: [Reading]

    /// Longer texts are no names.
    static let maxScalars = 200
    /// A company's name that is this long may have been cut; a shorter one is whole.
    static let minCutScalars = 18
    /// The beginning of a company's name that stands for it when the rest was cut off.
    static let minCompanyPrefix = 6

    /// nil when there is no name in it: empty, hidden (`ส***`), too long, or in neither script.
    init?(_ text: String) {
        let folded = ThaiText(text)
        guard folded.count <= Self.maxScalars else { return nil }
        length = folded.count
        var words = Self.words(folded)
        guard let script = Self.script(words) else { return nil }
        self.script = script
        whole = words.joined()
        let isThai = script == .thai
        (form, isClosed) = Self.takeForms(&words)
        // A hidden first name says nothing; a hidden end of the last one is a cut.
        guard let first = words.first, !first.contains("*") else { return nil }
        if words.dropFirst().dropLast().contains(where: { $0.contains("*") }) { return nil }
        if let last = words.last, let star = last.firstIndex(of: "*") {
            guard !last[star...].contains(where: { $0 != "*" }) else { return nil }
            words[words.count - 1] = String(last[..<star])
            if words[words.count - 1].isEmpty { words.removeLast() }
        }
        var readings = [Self.reading(words, .unsaid)]
        if form.isEmpty {
            var gender = PersonalTitle.Gender.unsaid
            while let title = isThai ? Self.takeThaiTitle(&words) : Self.takeEnglishTitle(&words) {
                if title.gender != .unsaid { gender = title.gender }
                // A title that stands apart is no first name, or the first name behind it would pass for a whole name.
                if title.isWord { readings.removeAll() }
                readings.append(Self.reading(words, gender))
            }
        }
        self.readings = readings.filter { !$0.first.isEmpty }
        if self.readings.isEmpty { return nil }
    }

    private static func reading(_ words: [String], _ gender: PersonalTitle.Gender) -> Reading {
        Reading(gender: gender, first: words.first ?? "", rest: words.dropFirst().joined())
    }

    /// Words between spaces; dots and commas are spaces, so that a title written with a dot is a word.
    private static func words(_ text: ThaiText) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        for scalar in text.scalars {
            switch scalar {
            case " ", "\n", ".", ",", "\t", "-":
                if !word.isEmpty { words.append(String(word)) }
                word = String.UnicodeScalarView()
            case "\u{2026}": word.append("*")
            default: word.append(scalar)
            }
        }
        if !word.isEmpty { words.append(String(word)) }
        return words
    }

    private static func script(_ words: [String]) -> Script? {
        let scalars = words.lazy.flatMap(\.unicodeScalars)
        if scalars.contains(where: { (0x0E01...0x0E2E).contains($0.value) }) { return .thai }
        return scalars.contains { ("a"..."z").contains($0) } ? .latin : nil
    }

    // MARK: Companies

    private static func takeForms(_ words: inout [String]) -> (LegalForm, isClosed: Bool) {
        var form = LegalForm()
        var isClosed = false
        var text = words.joined(separator: " ")
        for (prefix, kind) in LegalForm.prefixes where text.hasScalarPrefix(prefix) {
            let rest = text.droppingScalars(prefix)
            // A name that only begins with these letters is followed by a letter that belongs to it: วัดใจ, ร้านทอง stay whole
            // when nothing else says that it is a body. Abbreviations and บริษัท are never names.
            if [.temple, .shop, .school].contains(kind), rest.first != " " { break }
            form = kind
            text = rest
            break
        }
        for (suffix, kind) in LegalForm.suffixes where text.hasScalarSuffix(suffix) {
            let rest = text.droppingLastScalars(suffix)
            let isWord = rest.isEmpty || rest.last == " " || !suffix.unicodeScalars.allSatisfy(\.isASCII)
            guard isWord, !rest.allSatisfy({ $0 == " " }) else { continue }
            form = form.isEmpty ? kind : form.intersection(kind).isEmpty ? form : form.intersection(kind)
            isClosed = kind != .company
            text = rest
            break
        }
        // The core of a body's name is one word: banks space it as they like.
        let parts = text.split(separator: " ").map(String.init)
        words = form.isEmpty ? parts : [parts.joined()]
        return (form, isClosed)
    }

    // MARK: Titles

    /// A title that was taken from the start of a name; `isWord`: it stood apart from what follows.
    private struct TakenTitle {
        let gender: PersonalTitle.Gender
        let isWord: Bool
    }

    private static func takeEnglishTitle(_ words: inout [String]) -> TakenTitle? {
        guard words.count >= 2, let first = words.first, let gender = PersonalTitle.english[first] else { return nil }
        words.removeFirst()
        return TakenTitle(gender: gender, isWord: true)
    }

    private static func takeThaiTitle(_ words: inout [String]) -> TakenTitle? {
        let text = words.joined(separator: " ")
        // Written with dots, an abbreviation is words of one letter or two: ร ต อ, น ส.
        var initials = ""
        for (index, word) in words.dropLast().enumerated() {
            guard word.unicodeScalars.count <= 3 else { break }
            initials += word
            if let title = PersonalTitle.thai.first(where: { $0.text == initials }) {
                let isLonger = PersonalTitle.thai.contains {
                    $0.text != initials && $0.text.hasScalarPrefix(initials)
                        && words.dropLast().prefix(index + 2).joined() == $0.text
                }
                if isLonger { continue }
                words.removeFirst(index + 1)
                return TakenTitle(gender: title.gender, isWord: true)
            }
        }
        for (title, gender) in PersonalTitle.thai
        where PersonalTitle.unabbreviated.contains(title) && text.hasScalarPrefix(title) {
            let rest = text.droppingScalars(title)
            let name = rest.drop { $0 == " " }
            guard name.unicodeScalars.count >= 2, let next = name.unicodeScalars.first else { continue }
            // A vowel sign or tone mark belongs to the letters before it: no title ends there.
            guard !(0x0E30...0x0E3A).contains(next.value), !(0x0E45...0x0E4E).contains(next.value) else { continue }
            words = name.split(separator: " ").map(String.init)
            return TakenTitle(gender: gender, isWord: rest.first == " ")
        }
        return nil
    }
}

extension String {
    /// By scalars: a tone mark behind the prefix does not make it another one.
    fileprivate func hasScalarPrefix(_ prefix: String) -> Bool { unicodeScalars.starts(with: prefix.unicodeScalars) }

    fileprivate func hasScalarSuffix(_ suffix: String) -> Bool {
        unicodeScalars.reversed().starts(with: suffix.unicodeScalars.reversed())
    }

    fileprivate func droppingScalars(_ prefix: String) -> String {
        String(String.UnicodeScalarView(unicodeScalars.dropFirst(prefix.unicodeScalars.count)))
    }

    fileprivate func droppingLastScalars(_ suffix: String) -> String {
        String(String.UnicodeScalarView(unicodeScalars.dropLast(suffix.unicodeScalars.count)))
    }
}

/// Reads one number at a place of a text: digits, Thai or English words, or the mixtures that people write
/// ("4 หมื่น 5", "1 แสน 2 หมื่น", "45 thousand").
///
/// Thai leaves the last scale away: หมื่นสอง is 12,000, สี่หมื่นห้า is 45,000, แสนครึ่ง is 150,000. Where usage is divided
/// (ร้อยห้า, หมื่นหนึ่ง) the reading is marked ambiguous.
struct NumberReader {
    private let text: ThaiText
    private var position: Int
    /// Millions that are complete, and what stands below a million, in micro-baht.
    private var millions: Int128 = 0
    private var section: Int128 = 0
    /// The last scale in baht; within a section scales fall strictly.
    private var lastScale: Int64?
    private var pending: Pending?
    private var scaleCount = 0
    private var usedMillion = false
    private var usedHundred = false
    private var hasTail = false
    private var reading: NumberReading

    /// A coefficient that still waits for its scale.
    private struct Pending {
        var micro: Int128
        var pairMicro: Int128?
        var start: Int
        var isSpaced: Bool
        var spelling: NumberWords.Spelling?
        /// How many digits were written; 0 for a word.
        var digits: Int
    }

    static func read(_ text: ThaiText, at start: Int) -> NumberReading? {
        guard let scalar = text[start] else { return nil }
        if scalar.isASCIILetter {
            guard text[start - 1].map({ !$0.isASCIILetter && !$0.isASCIIDigit }) ?? true else { return nil }
            return EnglishNumberReader.read(text, at: start)
        }
        guard scalar.isASCIIDigit || scalar.isThai else { return nil }
        var reader = NumberReader(text, start)
        return reader.read()
    }

    private init(_ text: ThaiText, _ start: Int) {
        self.text = text
        position = start
        reading = NumberReading(micro: 0, end: start)
    }

    private mutating func read() -> NumberReading? {
        let start = position
        while readPiece(isFirst: position == start) {}
        guard position > start else { return nil }
        closePending()
        reading.micro = millions + section
        reading.end = position
        reading.soleScale = soleScale()
        return reading.micro <= Int128(ReadingLimits.maxSatang) * NumberReading.microPerSatang ? reading : nil
    }

    // MARK: Pieces

    /// Reads one more word or numeral; false at the end of the number.
    private mutating func readPiece(isFirst: Bool) -> Bool {
        let start = isFirst ? position : text.skippingSpaces(position)
        let isSpaced = start > position
        guard let scalar = text[start] else { return false }
        if scalar.isASCIIDigit {
            return pending == nil && readNumeral(at: start, isFirst: isFirst, isSpaced: isSpaced)
        }
        if scalar.isASCIILetter { return readSuffix(at: start, isSpaced: isSpaced) }
        guard let (end, word) = NumberWords.thai.match(text, at: start) else { return false }
        switch word {
        case .decoy: return false
        case .half: return readHalf(start, end, isFirst: isFirst, isSpaced: isSpaced)
        case .two:
            guard pending == nil, let (_, next) = NumberWords.thai.match(text, at: end), next == .scale(10) else {
                return false
            }
            return setPending(2, at: start, end: end, isSpaced: isSpaced, spelling: .plain)
        case .digit(let value, let spelling):
            if pending != nil { return readPair(value, end) }
            if isSpaced, !isFollowedByScale(end) { return false }
            return setPending(value, at: start, end: end, isSpaced: isSpaced, spelling: spelling)
        case .scale(let scale):
            if isSpaced, pending == nil { return false }
            return apply(scale, end: end, isFirst: isFirst)
        }
    }

    private mutating func setPending(
        _ value: Int, at start: Int, end: Int, isSpaced: Bool, spelling: NumberWords.Spelling
    ) -> Bool {
        pending = Pending(
            micro: Int128(value) * NumberReading.microPerBaht, start: start, isSpaced: isSpaced, spelling: spelling,
            digits: 0)
        position = end
        return true
    }

    private mutating func readNumeral(at start: Int, isFirst: Bool, isSpaced: Bool) -> Bool {
        guard let numeral = Numeral.read(text, at: start) else { return false }
        if !isFirst, !continues(numeral, isSpaced: isSpaced) {
            if isSpaced, mayContinue(numeral) { reading.isAmbiguous = true }
            return false
        }
        pending = Pending(
            micro: numeral.micro, start: start, isSpaced: isSpaced, spelling: nil, digits: numeral.digits)
        position = numeral.end
        reading.isWritten = true
        if numeral.hasSeparators { reading.isSized = true }
        let hasScale = isFollowedByScale(position)
        if numeral.isMalformed || (numeral.decimals > 2 && !hasScale) { reading.isAmbiguous = true }
        if isFirst, !hasScale { readPriceMark() }
        return true
    }

    /// Digits after a scale belong to the number when they are one digit (4 หมื่น 5), lead to a smaller scale
    /// (4 หมื่น 5 พัน), or stand right behind it (3หมื่น5000).
    private func continues(_ numeral: Numeral, isSpaced: Bool) -> Bool {
        guard let lastScale, !numeral.hasLeadingZero, numeral.decimals == 0 else { return false }
        if let scale = scaleFollowing(numeral.end) { return scale < lastScale }
        let isCounted = AmountContext.isCounted(text, numeral.end)
        if numeral.digits == 1 { return !isCounted && !AmountContext.beginsRange(text, numeral.end) }
        return !isSpaced && !isCounted && numeral.micro < Int128(lastScale) * NumberReading.microPerBaht
    }

    /// "3 หมื่น 5,000": one number or two, nobody can say.
    private func mayContinue(_ numeral: Numeral) -> Bool {
        guard let lastScale, lastScale >= 1000, numeral.digits > 1 else { return false }
        return numeral.micro < Int128(lastScale) * NumberReading.microPerBaht
            && !AmountContext.isCounted(text, numeral.end)
    }

    private mutating func readPriceMark() {
        if text[position] == "." || text[position] == ",", text[position + 1] == "-",
            text[position + 2].map({ !$0.isASCIIDigit }) ?? true
        {
            position += 2
            reading.hasPriceMark = true
        }
    }

    /// k, m, thousand, million after digits.
    private mutating func readSuffix(at start: Int, isSpaced: Bool) -> Bool {
        guard let pending, pending.digits > 0, let (end, scale) = NumberWords.suffixes.match(text, at: start),
            text[end].map({ !$0.isASCIIDigit }) ?? true, !(isSpaced && scale == NumberWords.million && end == start + 1)
        else { return false }
        if scaleCount > 0 { return false }
        guard scale == 100 else { return apply(scale, end: end, isFirst: false) }
        if usedHundred { return false }
        usedHundred = true
        // "2 hundred thousand": the coefficient grows and waits on.
        self.pending?.micro *= 100
        reading.isSized = true
        position = end
        return true
    }

    private mutating func readHalf(_ start: Int, _ end: Int, isFirst: Bool, isSpaced: Bool) -> Bool {
        if isFirst {
            guard let scale = scaleFollowing(end), scale >= 100 else { return false }
            pending = Pending(
                micro: NumberReading.microPerBaht / 2, start: start, isSpaced: false, spelling: .plain, digits: 0)
            position = end
            return true
        }
        guard pending == nil, !isSpaced, let scale = lastScale ?? (usedMillion ? NumberWords.million : nil),
            scale >= 100
        else { return false }
        section += Int128(scale) * NumberReading.microPerBaht / 2
        reading.isBareScale = false
        position = end
        hasTail = true
        return false
    }

    /// The second of two neighbouring digits: สองสามหมื่น is 20,000 to 30,000.
    private mutating func readPair(_ value: Int, _ end: Int) -> Bool {
        guard let first = pending, first.pairMicro == nil, first.digits == 0, scaleCount == 0,
            first.micro + NumberReading.microPerBaht == Int128(value) * NumberReading.microPerBaht,
            isFollowedByScale(end)
        else { return false }
        pending?.pairMicro = Int128(value) * NumberReading.microPerBaht
        position = end
        return true
    }

    // MARK: Scales

    private mutating func apply(_ scale: Int64, end: Int, isFirst: Bool) -> Bool {
        if scale == NumberWords.million { return applyMillion(end: end, isFirst: isFirst) }
        if let lastScale, scale >= lastScale {
            // "หมื่นสองหมื่นสาม": two numbers in one breath.
            reading.isAmbiguous = true
            return false
        }
        // สิบ alone is ten also inside a number (พันสิบเจ็ด); other scales need a digit there.
        guard pending != nil || isFirst || scale == 10 else { return false }
        if pending == nil { reading.isBareScale = true }
        if let high = pending?.pairMicro {
            reading.highMicro = high * Int128(scale)
        } else if reading.highMicro != nil {
            reading.isAmbiguous = true
        }
        if !isFirst, scaleCount > 0 { reading.isBareScale = false }
        section += (pending?.micro ?? NumberReading.microPerBaht) * Int128(scale)
        finishScale(scale, end)
        return true
    }

    private mutating func applyMillion(end: Int, isFirst: Bool) -> Bool {
        if usedMillion {
            reading.isAmbiguous = true
            return false
        }
        reading.isBareScale = isFirst
        let high = pending?.pairMicro ?? reading.highMicro
        if let high { reading.highMicro = high * Int128(NumberWords.million) }
        closePending()
        let coefficient = isFirst ? NumberReading.microPerBaht : section
        // Bounded: twelve digits and scales below a million before, a million here; far from 128 bits.
        millions = coefficient * Int128(NumberWords.million)
        section = 0
        usedMillion = true
        hasTail = false
        finishScale(NumberWords.million, end)
        return true
    }

    private mutating func finishScale(_ scale: Int64, _ end: Int) {
        pending = nil
        lastScale = scale
        scaleCount += 1
        position = end
        if scale >= 1000 { reading.isSized = true }
    }

    /// What a coefficient without a scale means at the end of the number.
    private mutating func closePending() {
        guard let last = pending else { return }
        pending = nil
        guard let lastScale else {
            section += last.micro
            return
        }
        if lastScale >= 1000, AmountContext.isCounted(text, position), last.digits == 0 || last.isSpaced {
            // "หมื่นสองคน": the digit counts something else.
            position = text.skippingSpacesBackwards(last.start)
            return
        }
        hasTail = true
        if reading.highMicro != nil { reading.isAmbiguous = true }
        let wasBare = reading.isBareScale
        reading.isBareScale = false
        if last.spelling == .et || lastScale == 10 || last.micro == 0 || last.digits > 1 {
            section += last.micro
            return
        }
        if wasBare, last.spelling == .nuengShort { return }
        if wasBare, last.spelling == .nueng { reading.isAmbiguous = true }
        if lastScale == 100 { reading.isAmbiguous = true }
        section += last.micro * Int128(lastScale / 10)
    }

    // MARK: Looking ahead

    private func isFollowedByScale(_ index: Int) -> Bool { scaleFollowing(index) != nil }

    private func scaleFollowing(_ index: Int) -> Int64? {
        let next = text.skippingSpaces(index)
        if let (_, scale) = NumberWords.suffixes.match(text, at: next) { return scale }
        guard let (_, word) = NumberWords.thai.match(text, at: next), case .scale(let scale) = word else { return nil }
        return scale
    }

    /// The one scale of a number such as "4 หมื่น" or "40k", in baht; nil when something stands beside it.
    private func soleScale() -> Int128? {
        guard scaleCount == 1, !hasTail, !reading.isBareScale, let lastScale else { return nil }
        return Int128(lastScale)
    }
}

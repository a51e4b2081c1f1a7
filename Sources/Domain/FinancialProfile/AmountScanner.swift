/// Finds the amounts of a text: reads each number, joins ranges, and lets the words beside it qualify or exclude it.
struct AmountScanner {
    let text: ThaiText

    /// Qualifiers looked for on each side of a number.
    private static let maxQualifiers = 4

    func scan() -> [ThaiAmount] {
        var amounts: [ThaiAmount] = []
        var index = 0
        while index < text.count, amounts.count <= ReadingLimits.maxAmounts {
            if text.scalars[index].isASCIIDigit, let end = AmountContext.identifierEnd(text, at: index) {
                index = end
                continue
            }
            if let (end, word) = NumberWords.thai.match(text, at: index), word == .decoy {
                index = end
                continue
            }
            guard let number = NumberReader.read(text, at: index) else {
                index = skipUnreadable(index)
                continue
            }
            let (amount, end) = amount(number, from: index, notBefore: amounts.last?.range.upperBound ?? 0)
            if let amount { amounts.append(amount) }
            index = max(end, index + 1)
        }
        return amounts
    }

    /// Past the digits of a number that could not be read (a date, a time, too many digits).
    private func skipUnreadable(_ start: Int) -> Int {
        var index = start + 1
        guard text.scalars[start].isASCIIDigit else { return index }
        while let scalar = text[index], scalar.isASCIIDigit || "./:,".unicodeScalars.contains(scalar) { index += 1 }
        return index
    }

    // MARK: One amount

    private func amount(_ first: NumberReading, from start: Int, notBefore floor: Int) -> (ThaiAmount?, end: Int) {
        var number = first
        var draft = ThaiAmount(low: 0, high: 0, range: start..<first.end, sourceRange: 0..<0)
        var joinFailed = false
        if let (joined, ok) = joinRange(first, start) {
            if ok { number = joined } else { joinFailed = true }
        }
        var isExcluded = !readBefore(&draft, start, floor: floor, isSmall: isPlain(number), number: number)
        var end = readAfter(&draft, number, isExcluded: &isExcluded)
        let high = number.highMicro ?? number.micro
        guard !isExcluded, isMoney(number, draft), let low = NumberReading.satang(number.micro),
            let high = NumberReading.satang(high)
        else { return (nil, end) }
        (draft.low, draft.high) = (low, max(low, high))
        if draft.currency == .baht, let (satang, after) = satangAfter(end), !draft.isRange {
            (draft.low, draft.high, end) = (low + satang, low + satang, after)
        }
        draft.isSmall = isPlain(number) && draft.currency == .unstated
        // "-5000" may be negative or only set off.
        if text[start - 1] == "-" || number.isAmbiguous || joinFailed || (draft.isOrigin && draft.isRange),
            draft.certainty == .clear
        {
            draft.certainty = .ambiguous
        }
        if number.isBareScale, !isClearBareScale(draft, start) { draft.certainty = .vague }
        draft.range = draft.range.lowerBound..<end
        draft.sourceRange = text.sourceRange(draft.range)
        return (draft, end)
    }

    /// A number of which only its neighbours can say that it is money.
    private func isPlain(_ number: NumberReading) -> Bool {
        !number.isSized && !number.hasPriceMark
            && (number.highMicro ?? number.micro) < 1000 * NumberReading.microPerBaht
    }

    private func isMoney(_ number: NumberReading, _ draft: ThaiAmount) -> Bool {
        if draft.currency != .unstated { return true }
        // ร้อยเอ็ด is also a province.
        if !number.isWritten, number.micro == 101 * NumberReading.microPerBaht { return false }
        if number.isBareScale { return number.micro >= 1000 * NumberReading.microPerBaht }
        // A spelled number without any scale is a word: ห้าหลัก, สองอย่าง.
        return number.isWritten || number.isSized || number.micro >= 10 * NumberReading.microPerBaht
    }

    /// เดือนละหมื่น and หมื่นบาท are 10,000; รายได้หมื่น may be any five figures.
    private func isClearBareScale(_ draft: ThaiAmount, _ start: Int) -> Bool {
        if draft.certainty == .vague { return false }
        if draft.currency == .baht || draft.isApproximate || draft.bound != nil { return true }
        return text[start - 1] == "\u{0E30}" && text[start - 2] == "\u{0E25}"
    }

    // MARK: Ranges

    /// The number with its high end, or false when two numbers stand joined but are no range (45,000 - 8,000).
    private func joinRange(_ first: NumberReading, _ start: Int) -> (NumberReading, Bool)? {
        guard first.highMicro == nil else { return nil }
        var index = text.skippingSpaces(first.end)
        var hasCurrency = false
        if let (end, meaning) = AmountContext.after.match(text, at: index), meaning == .baht {
            index = text.skippingSpaces(end)
            hasCurrency = true
        }
        guard let (jointEnd, joint) = AmountContext.joints.match(text, at: index) else { return nil }
        let next = text.skippingSpaces(jointEnd)
        if joint == .pairOnly {
            let before = text.skippingSpacesBackwards(start)
            guard AmountContext.between.match(text, endingAt: before) != nil else { return nil }
        }
        guard let second = NumberReader.read(text, at: next), second.highMicro == nil else { return nil }
        var joined = first
        if let scale = second.soleScale, first.soleScale == nil, !first.isSized, !hasCurrency,
            first.micro * scale < second.micro
        {
            joined.micro = first.micro * scale
        }
        // "8,000 กับ 2 คน" and the like: the second number is not money at all.
        if AmountContext.isCounted(text, second.end), !second.isSized { return nil }
        guard joined.micro < second.micro, !first.isBareScale, !second.isBareScale else { return (first, false) }
        joined.highMicro = second.micro
        joined.end = second.end
        joined.isSized = first.isSized || second.isSized
        joined.isAmbiguous = first.isAmbiguous || second.isAmbiguous
        return (joined, true)
    }

    // MARK: The words beside it

    /// Reads backwards from the number; false when they say that it is no amount.
    private func readBefore(
        _ draft: inout ThaiAmount, _ start: Int, floor: Int, isSmall: Bool, number: NumberReading
    ) -> Bool {
        var end = text.skippingSpacesBackwards(start)
        if let (lead, meaning) = AmountContext.after.match(text, endingAt: end), lead >= floor, number.isWritten {
            if meaning == .foreign || meaning == .baht, text[lead] != "บ", text[lead] != "." {
                draft.currency = meaning == .baht ? .baht : .foreign
                end = text.skippingSpacesBackwards(lead)
            }
        }
        draft.range = end < start && draft.currency != .unstated ? end..<number.end : start..<number.end
        if isSmall, draft.currency == .unstated, text[end - 1]?.isASCIILetter == true,
            AmountContext.plainLead.match(text, endingAt: end) == nil
        {
            return false
        }
        // "จากเงินเดือน 30,000": a source, not an old value.
        var isBehindWord = false
        for _ in 0..<Self.maxQualifiers {
            guard let (lead, meaning) = AmountContext.before.match(text, endingAt: end), lead >= floor else { break }
            switch meaning {
            case .approximate: draft.isApproximate = true
            case .atMost: draft.bound = .atMost
            case .atLeast: draft.bound = .atLeast
            case .denied: draft.isDenied = true
            case .vague: draft.certainty = .vague
            case .origin: draft.isOrigin = !isBehindWord
            case .filler: isBehindWord = true
            case .excludes: if draft.currency == .unstated { return false }
            case .excludesSmall:
                return draft.currency != .unstated || !(isSmall || mayBeYear(number))
            }
            end = text.skippingSpacesBackwards(lead)
        }
        return true
    }

    private func mayBeYear(_ number: NumberReading) -> Bool {
        guard number.isWritten, !number.isSized, !number.hasPriceMark else { return false }
        return (1900...2700).contains(number.micro / NumberReading.microPerBaht)
    }

    /// Reads on from the number; returns the end of what belongs to it.
    private func readAfter(_ draft: inout ThaiAmount, _ number: NumberReading, isExcluded: inout Bool) -> Int {
        if number.hasPriceMark { draft.currency = .baht }
        var end = number.end
        let isSmall = isPlain(number)
        words: for _ in 0..<Self.maxQualifiers {
            let next = text.skippingSpaces(end)
            guard let (after, meaning) = AmountContext.after.match(text, at: next) else { break }
            switch meaning {
            case .approximate: draft.isApproximate = true
            case .atLeast:
                // "30,000 + 5,000" adds; "30k+" is a bound.
                if text[next] == "+", next > end || !(text[after].map { $0 == " " || $0 == "\n" } ?? true) {
                    break words
                }
                draft.bound = .atLeast
            case .atMost:
                if text[text.skippingSpaces(after)]?.isASCIIDigit == true { break words }
                draft.bound = .atMost
            case .vague: draft.certainty = .vague
            case .baht: draft.currency = .baht
            case .foreign:
                if draft.currency == .baht { break words }
                draft.currency = .foreign
            case .excludes:
                if draft.currency == .unstated { isExcluded = true }
                break words
            case .counts:
                if isSmall || isStrictlyCounted(next, after, number), draft.currency == .unstated { isExcluded = true }
                break words
            case .nothing: break words
            }
            end = after
        }
        if draft.currency == .unstated, number.isWritten, !number.isSized, !number.hasPriceMark,
            number.highMicro == nil,
            number.micro % NumberReading.microPerBaht == 0,
            AmountContext.isYear(Int64(clamping: number.micro / NumberReading.microPerBaht))
        {
            isExcluded = true
        }
        return end
    }

    /// "3,000 คน" counts people even though the number is large; "45,000 ที่…" does not.
    private func isStrictlyCounted(_ start: Int, _ end: Int, _ number: NumberReading) -> Bool {
        let word = text.sourceText(start..<end)
        let isWhole = text[end] == nil || text[end] == " " || text[end] == "\n"
        return isWhole && ["คน", "ครั้ง", "ชิ้น", "ตัว", "ใบ", "เมตร", "times", "hours"].contains(word)
    }

    /// "100 บาท 50 สตางค์": the satang after the baht, below a hundred.
    private func satangAfter(_ end: Int) -> (satang: Int64, end: Int)? {
        let start = text.skippingSpaces(end)
        guard text[start]?.isASCIIDigit == true, let numeral = Numeral.read(text, at: start), numeral.decimals == 0,
            numeral.digits <= 2
        else { return nil }
        let word = text.skippingSpaces(numeral.end)
        guard let (after, _) = Self.satang.match(text, at: word) else { return nil }
        return (Int64(numeral.micro / NumberReading.microPerBaht), after)
    }

    private static let satang = PhraseTable<Bool>([(true, ["สตางค์", "สต.", "satang"])])
}

/// One number as it was written or spelled, before anyone asks whether it is money.
struct NumberReading: Equatable {
    /// Millionths of a baht, so that "4.555 หมื่น" stays exact.
    var micro: Int128
    /// The high end of a spelled pair such as สองสามหมื่น.
    var highMicro: Int128?
    var end: Int
    /// Digits were written (not only words).
    var isWritten = false
    /// A scale word or suffix, or separators between thousands: a size that ages and counts do not have.
    var isSized = false
    /// One scale was used and nothing after it; a range's first number takes it over ("3-4 หมื่น").
    var soleScale: Int128?
    /// A scale word alone, without a digit before or after it (หมื่น).
    var isBareScale = false
    /// It can be read in more than one way.
    var isAmbiguous = false
    /// It ends in `.-`, as prices do.
    var hasPriceMark = false

    static let microPerBaht: Int128 = 1_000_000
    static let microPerSatang: Int128 = 10_000

    /// Satang; nil when it is too large or has fractions of a satang.
    static func satang(_ micro: Int128) -> Int64? {
        guard micro % microPerSatang == 0 else { return nil }
        let satang = micro / microPerSatang
        return satang <= Int128(ReadingLimits.maxSatang) ? Int64(satang) : nil
    }
}

/// Digits with separators and decimals, as written.
struct Numeral: Equatable {
    var micro: Int128 = 0
    var end: Int
    var digits = 0
    var decimals = 0
    var hasSeparators = false
    var hasLeadingZero = false
    var isMalformed = false

    /// Reads the numeral that begins at `start` (a digit). Nil when it is too long to be a number, or goes on as a version,
    /// an address or a date does.
    static func read(_ text: ThaiText, at start: Int) -> Numeral? {
        var index = start
        var whole: Int128 = 0
        var numeral = Numeral(end: start)
        func digit(_ index: Int) -> Int128? {
            guard let scalar = text[index], scalar.isASCIIDigit else { return nil }
            return Int128(scalar.value - 0x30)
        }
        func readDigits() -> Int {
            let first = index
            while let value = digit(index) {
                if numeral.digits < ReadingLimits.maxDigits { whole = whole * 10 + value }
                numeral.digits += 1
                index += 1
            }
            return index - first
        }
        let first = readDigits()
        numeral.hasLeadingZero = text[start] == "0" && first > 1
        while first <= 3, text[index] == ",", digit(index + 1) != nil {
            index += 1
            if readDigits() == 3 { numeral.hasSeparators = true } else { numeral.isMalformed = true }
        }
        guard numeral.digits <= ReadingLimits.maxDigits else { return nil }
        numeral.micro = whole * NumberReading.microPerBaht
        if text[index] == ".", digit(index + 1) != nil {
            index += 1
            var unit = NumberReading.microPerBaht
            while let value = digit(index) {
                unit /= 10
                numeral.micro += value * unit
                numeral.decimals += 1
                index += 1
            }
            if numeral.decimals > 6 { numeral.isMalformed = true }
        }
        numeral.end = index
        if let next = text[index], next == "." || next == "/" || next == ":", digit(index + 1) != nil { return nil }
        return numeral
    }
}

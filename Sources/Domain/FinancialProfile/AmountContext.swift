/// What the words beside a number say about it.
enum AmountContext {
    enum Before: Sendable, Equatable {
        case approximate, atMost, atLeast, denied, vague, origin
        /// Stands between a qualifier and its number without changing either (แค่, คือ, เดือนละ).
        case filler
        /// The number is no amount: an age, a date, an address, an account.
        case excludes
        /// The number is no amount if it is small or could be a year.
        case excludesSmall
    }

    static let before = PhraseTable<Before>([
        (
            .approximate,
            [
                "ประมาณ", "ประมาน", "ปมาณ", "โดยประมาณ", "ราว", "ราวๆ", "แถว", "แถวๆ", "เกือบ", "เกือบๆ", "สัก", "ซัก",
                "น่าจะ",
                "คร่าวๆ", "เฉลี่ย", "โดยเฉลี่ย", "อาจจะ", "about", "around", "approximately", "approx", "approx.",
                "roughly", "nearly", "almost", "maybe", "average", "averaging", "~",
            ]
        ),
        (
            .atMost,
            [
                "ไม่ถึง", "ไม่เกิน", "ไม่มากกว่า", "น้อยกว่า", "ต่ำกว่า", "สูงสุด", "มากสุด", "less than", "under", "below",
                "up to", "at most", "no more than", "not more than", "maximum", "max", "not over", "<", "≤",
            ]
        ),
        (
            .atLeast,
            [
                "มากกว่า", "เกิน", "เกินกว่า", "กว่า", "อย่างน้อย", "อย่างต่ำ", "ขั้นต่ำ", "ไม่น้อยกว่า", "ไม่ต่ำกว่า", "ไม่ใช่แค่",
                "more than", "over", "above", "at least", "minimum", "min", "no less than", "not less than", "not just",
                "not only", "upwards of", ">", "≥",
            ]
        ),
        (.denied, ["ไม่ใช่", "ไม่ได้", "มิใช่", "not", "isn't", "wasn't"]),
        (.vague, ["หลาย", "หลัก", "ไม่กี่", "เป็นหลัก", "several", "few"]),
        (.origin, ["จาก", "from"]),
        (
            .filler,
            [
                "แค่", "เพียง", "อยู่ที่", "คือ", "เดือนละ", "ปีละ", "วันละ", "อาทิตย์ละ", "สัปดาห์ละ", "only", "just", "exactly",
                "is", "=", ":", "like", "ตก", "ว่า", "เงินเดือน", "ต่อเดือน", "รายเดือน", "ทุกเดือน", "ต่อปี", "ค่าห้อง",
                "ค่าเช่าห้อง",
                "ค่าโทร", "เข้าบัญชี",
            ]
        ),
        (
            .excludes,
            [
                "อายุ", "วันที่", "เลขที่", "บ้านเลขที่", "เบอร์", "เบอร์โทร", "โทร", "โทร.", "เลขบัญชี", "บัญชี", "เลขที่บัญชี", "รหัส",
                "รหัสไปรษณีย์", "ครั้งที่", "งวดที่", "ข้อที่", "ชั้นที่", "กี่", "ร้อยละ", "เมื่อปี",
                "พ.ศ.", "พ.ศ", "พศ", "ค.ศ.", "ค.ศ", "คศ", "เวลา", "มาตรา", "แต้ม", "คะแนน", "age", "aged", "no.",
                "number", "id", "version", "score", "since",
            ]
        ),
        (
            .excludesSmall,
            [
                "ที่", "ปี", "ข้อ", "ชั้น", "ห้อง", "ซอย", "หมู่", "in", "year", "years", "เดือน", "วัน", "ม.", "by", "until",
                "ถึงปี",
                "room", "floor", "account",
            ]
        ),
    ])

    enum After: Sendable, Equatable {
        case approximate, atMost, atLeast, vague, baht, foreign
        /// The number is no amount, whatever its size.
        case excludes
        /// The number is no amount if it is small: it counts something.
        case counts
        /// Looks like a counted thing, but is not.
        case nothing
    }

    static let after = PhraseTable<After>([
        (
            .approximate,
            [
                "กว่า", "กว่าๆ", "นิดๆ", "หน่อยๆ", "ต้นๆ", "เศษ", "เศษๆ", "โดยประมาณ", "ประมาณนี้", "ประมาณนั้น", "มั้ง", "ish",
                "-ish", "or so", "give or take", "roughly", "approximately",
            ]
        ),
        (.atLeast, ["ขึ้นไป", "อัพ", "up", "+", "or more", "and up"]),
        (.atMost, ["ไม่ถึง", "or less", "max"]),
        (.vague, ["กลาง", "กลางๆ", "ปลาย", "ปลายๆ"]),
        (.baht, ["บาท", "บาทไทย", "บ.", "฿", "thb", "baht", "bht", ".-"]),
        (
            .foreign,
            [
                "ดอลลาร์", "ดอลล่าร์", "เหรียญ", "ยูโร", "เยน", "หยวน", "ปอนด์", "วอน", "usd", "us$", "eur", "euro", "euros",
                "dollar", "dollars", "bucks", "yen", "yuan", "pounds", "gbp", "sgd", "usdt", "btc", "$", "€", "£", "¥",
            ]
        ),
        (
            .excludes,
            [
                "%", "เปอร์เซ็นต์", "เปอร์เซ็น", "เปอเซ็น", "เปอร์เซนต์", "percent", "per cent", "pct", "people", "km", "kg",
                "gb",
                "กิโล", "กิโลเมตร", "กก.", "กม.", "ตารางเมตร", "ตร.ม.", "ตารางวา", "สตางค์", "โมง", "ทุ่ม", "น.",
                "followers",
                "views", "แต้ม", "คะแนน", "points", "แคล", "kcal", "หลัก", "digits", "figures", "ก้าว",
            ]
        ),
        (
            .counts,
            [
                "คน", "ปี", "ปีครึ่ง", "เดือน", "เดือนครึ่ง", "วัน", "ครั้ง", "ชั่วโมง", "ชม.", "ชม", "นาที", "สัปดาห์", "อาทิตย์", "ตัว",
                "คัน", "หลัง", "ใบ", "งวด", "ข้อ", "อัน", "ชิ้น", "แห่ง", "บริษัท", "ห้อง", "ไร่", "เมตร", "เท่า", "รอบ", "กรัม",
                "บัญชี",
                "ขวบ", "ลูก", "ราย", "ที่", "อย่าง", "ทาง", "เจ้า", "แบบ", "ชั้น", "เครื่อง", "เล่ม", "ขั้น", "สาขา", "person",
                "persons", "kids", "kid", "children", "child", "years", "year", "yrs", "yr", "months", "month", "days",
                "day", "weeks", "week", "hours", "hour", "hrs", "times", "cars", "rooms", "minutes", "jobs", "cards",
                "dependents", "am", "pm", "x", "st", "nd", "rd", "th", "y", "yo",
            ]
        ),
        (
            .nothing,
            ["คนละ", "ปีละ", "เดือนละ", "วันละ", "ครั้งละ", "อาทิตย์ละ", "สัปดาห์ละ", "ที่เหลือ", "คนเดียว", "กว่าจะ", "up to"]
        ),
    ])

    /// What joins the two ends of a range.
    enum Joint: Sendable, Equatable { case dash, word, pairOnly }
    static let joints = PhraseTable<Joint>([
        (.dash, ["-", "~"]), (.word, ["ถึง", "จนถึง", "ไปจนถึง", "ไปถึง", "to"]), (.pairOnly, ["and", "กับ", "และ"]),
    ])
    /// What comes before "A and B" that is a range.
    static let between = PhraseTable<Bool>([(true, ["between", "ระหว่าง"])])

    /// Latin words after which a small number may still be money; after any other it is a name (iPhone 15).
    static let plainLead = PhraseTable<Bool>([
        (
            true,
            [
                "about", "around", "is", "are", "earn", "earns", "make", "makes", "salary", "income", "of", "spend",
                "pay",
                "rent", "was", "only", "just", "get", "and", "or", "to", "thb", "baht", "not", "food", "expenses",
                "cost", "costs", "month", "monthly", "roughly", "approximately", "approx", "almost", "nearly", "than",
                "over", "under", "least", "most", "but", "for",
            ]
        )
    ])

    /// A thing that is counted stands at `index`, perhaps after a space.
    static func isCounted(_ text: ThaiText, _ index: Int) -> Bool {
        switch after.match(text, at: text.skippingSpaces(index))?.meaning {
        case .counts, .excludes: true
        default: false
        }
    }

    static func beginsRange(_ text: ThaiText, _ index: Int) -> Bool {
        let next = text.skippingSpaces(index)
        guard let (end, joint) = joints.match(text, at: next), joint != .pairOnly else { return false }
        return text[text.skippingSpaces(end)]?.isASCIIDigit ?? false
    }

    /// The end of an identifier (phone, account, date, part of a name) whose digits begin at `start`; nil when it may be a
    /// number.
    static func identifierEnd(_ text: ThaiText, at start: Int) -> Int? {
        var groups: [Range<Int>] = []
        var index = start
        var separators: [Unicode.Scalar] = []
        while true {
            let first = index
            while text[index]?.isASCIIDigit == true { index += 1 }
            groups.append(first..<index)
            guard let separator = text[index], separator == "-" || separator == " ",
                text[index + 1]?.isASCIIDigit == true
            else { break }
            separators.append(separator)
            index += 1
        }
        let end = index
        let first = groups[0]
        if let previous = text[start - 1] {
            if previous.isASCIILetter, after.match(text, endingAt: start)?.meaning != .baht { return first.upperBound }
            if "#@_/.".unicodeScalars.contains(previous) || previous == "\\" { return first.upperBound }
            if previous == "+", text[start] == "6", text[start + 1] == "6", digitCount(groups) >= 9 { return end }
        }
        if text[start] == "0", first.count > 1 { return end }
        if separators.count >= 2, separators.contains("-") { return end }
        if separators.first == "-", groups.dropFirst().contains(where: { text[$0.lowerBound] == "0" && $0.count > 1 }) {
            return end
        }
        let isNumberAfter = text[first.upperBound] == "," || text[first.upperBound] == "."
        if first.count >= 9, !isNumberAfter, !isFollowedByMoney(text, first.upperBound) { return end }
        if separators.first == " ", first.count <= 3, groups[1].count == 3, text[groups[1].upperBound] != "," {
            return end
        }
        return nil
    }

    private static func digitCount(_ groups: [Range<Int>]) -> Int { groups.reduce(0) { $0 + $1.count } }

    private static func isFollowedByMoney(_ text: ThaiText, _ index: Int) -> Bool {
        after.match(text, at: text.skippingSpaces(index))?.meaning == .baht
    }

    /// A number of four plain digits that names a year near ours, Buddhist or Christian, and is no round sum.
    static func isYear(_ baht: Int64) -> Bool {
        ((1950...2050).contains(baht) || (2490...2600).contains(baht)) && baht % 100 != 0
    }
}

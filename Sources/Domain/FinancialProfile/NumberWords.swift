/// The words that numbers are spelled with, in Thai and English.
enum NumberWords {
    enum Thai: Sendable, Equatable {
        /// 0…9. `spelling` tells the ones that behave differently at the end of a number.
        case digit(Int, Spelling)
        /// ยี่: two, only before สิบ.
        case two
        /// A power of ten, in baht.
        case scale(Int64)
        /// ครึ่ง: half of the scale before or after it.
        case half
        /// A word that only looks like a number.
        case decoy
    }
    enum Spelling: Sendable, Equatable {
        case plain
        /// เอ็ด: always the units.
        case et
        /// นึง, หนึ่ง: after a scale "one of them".
        case nueng, nuengShort
    }

    static let million: Int64 = 1_000_000

    static let thai = PhraseTable<Thai>([
        (.digit(0, .plain), ["ศูนย์"]),
        (.digit(1, .nueng), ["หนึ่ง"]), (.digit(1, .nuengShort), ["นึง"]), (.digit(1, .et), ["เอ็ด"]),
        (.digit(2, .plain), ["สอง"]), (.digit(3, .plain), ["สาม"]), (.digit(4, .plain), ["สี่"]),
        (.digit(5, .plain), ["ห้า"]), (.digit(6, .plain), ["หก"]), (.digit(7, .plain), ["เจ็ด"]),
        (.digit(8, .plain), ["แปด"]), (.digit(9, .plain), ["เก้า"]),
        (.two, ["ยี่"]),
        (.scale(10), ["สิบ"]), (.scale(100), ["ร้อย"]), (.scale(1000), ["พัน"]), (.scale(10_000), ["หมื่น"]),
        (.scale(100_000), ["แสน"]), (.scale(million), ["ล้าน"]),
        (.half, ["ครึ่ง"]),
        (
            .decoy,
            [
                "ห้าง", "ห้าม", "ห้าว", "เก้าอี้", "หกล้ม", "ยี่ห้อ", "สี่แยก", "สามแยก", "ห้าแยก", "สามล้อ", "สองแถว", "สามย่าน",
                "พันธุ์", "พันธ์", "พันธบัตร", "พันธมิตร", "สัมพันธ์", "ประชาสัมพันธ์", "ผูกพัน", "พัวพัน", "พันทิป", "เรียบร้อย",
                "จังหวัดร้อยเอ็ด", "หัวล้าน", "ล้านนา", "แสนสิริ", "แสนดี", "แสนสบาย", "แสนจะ", "สิบเอก", "สิบโท", "สิบตรี",
                "ร้อยเอก", "ร้อยโท", "ร้อยตรี", "พันเอก", "พันโท", "พันตรี", "นับพัน", "นับหมื่น", "นับแสน", "นับล้าน",
            ]
        ),
    ])

    enum English: Sendable, Equatable {
        /// 0…99.
        case number(Int64)
        case hundred
        /// A thousand or a million.
        case scale(Int64)
        case half
        /// a, an: one, only before a scale.
        case article
        /// and: only after hundred or a scale.
        case and
    }

    static let english = PhraseTable<English>(
        [
            (.hundred, ["hundred"]), (.scale(1000), ["thousand", "grand"]), (.scale(million), ["million"]),
            (.half, ["half"]), (.article, ["a", "an"]), (.and, ["and"]),
        ]
            + zip(
                0...,
                [
                    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
                    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
                ]
            ).map { (.number($0), [$1]) }
            + zip(2..., ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
            .map { (.number($0 * 10), [$1]) })

    /// What may follow a written number: k, m, thousand …
    static let suffixes = PhraseTable<Int64>([
        (1000, ["k", "thousand", "grand"]), (million, ["m", "million", "mil"]), (100, ["hundred"]),
    ])
}

/// Spells whole baht as people do: all scales (formal), or with the last scale left away where that is usual.
enum ThaiNumberSpelling {
    private static let digits = ["ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า"]
    private static let scales = ["", "สิบ", "ร้อย", "พัน", "หมื่น", "แสน"]

    static func formal(_ baht: Int) -> String {
        if baht == 0 { return digits[0] }
        let millions = baht / 1_000_000
        let rest = baht % 1_000_000
        return (millions > 0 ? section(millions) + "ล้าน" : "") + (rest > 0 ? section(rest) : "")
    }

    private static func section(_ value: Int) -> String {
        var text = ""
        var unit = 100_000
        for scale in stride(from: 5, through: 0, by: -1) {
            let digit = value / unit % 10
            unit /= 10
            switch (digit, scale) {
            case (0, _): break
            case (1, 1): text += "สิบ"
            case (2, 1): text += "ยี่สิบ"
            case (1, 0): text += value > 10 ? "เอ็ด" : "หนึ่ง"
            default: text += digits[digit] + scales[scale]
            }
        }
        return text
    }

    /// สี่หมื่นห้า: two digits, of which the second has lost its scale; `dropsOne` says หมื่นห้า for หนึ่งหมื่นห้า. `scale` is 3 to 6.
    static func short(_ first: Int, _ second: Int, scale: Int, dropsOne: Bool) -> (text: String, baht: Int) {
        let unit = [3: 1000, 4: 10_000, 5: 100_000, 6: 1_000_000][scale] ?? 1000
        let name = scale == 6 ? "ล้าน" : scales[scale]
        let lead = first == 1 && dropsOne ? "" : digits[first]
        return (lead + name + digits[second], first * unit + second * unit / 10)
    }
}

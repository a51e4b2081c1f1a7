/// A bank of Thailand as slips name it.
struct Bank: Sendable, Equatable {
    /// Three digits, of the Bank of Thailand's.
    let code: String
    let short: String
    let nameTh: String
    let nameEn: String

    /// Those that SlipOK takes (API documentation 1.7).
    static let all = [
        Bank(code: "002", short: "BBL", nameTh: "กรุงเทพ", nameEn: "BANGKOK BANK"),
        Bank(code: "004", short: "KBANK", nameTh: "กสิกรไทย", nameEn: "KASIKORNBANK"),
        Bank(code: "006", short: "KTB", nameTh: "กรุงไทย", nameEn: "KRUNGTHAI BANK"),
        Bank(code: "011", short: "TTB", nameTh: "ทหารไทยธนชาต", nameEn: "TMBTHANACHART BANK"),
        Bank(code: "014", short: "SCB", nameTh: "ไทยพาณิชย์", nameEn: "SIAM COMMERCIAL BANK"),
        Bank(code: "022", short: "CIMBT", nameTh: "ซีไอเอ็มบีไทย", nameEn: "CIMB THAI BANK"),
        Bank(code: "024", short: "UOBT", nameTh: "ยูโอบี", nameEn: "UNITED OVERSEAS BANK (THAI)"),
        Bank(code: "025", short: "BAY", nameTh: "กรุงศรีอยุธยา", nameEn: "BANK OF AYUDHYA"),
        Bank(code: "030", short: "GSB", nameTh: "ออมสิน", nameEn: "GOVERNMENT SAVINGS BANK"),
        Bank(code: "033", short: "GHB", nameTh: "อาคารสงเคราะห์", nameEn: "GOVERNMENT HOUSING BANK"),
        Bank(
            code: "034", short: "BAAC", nameTh: "ธ.ก.ส.", nameEn: "BANK FOR AGRICULTURE AND AGRICULTURAL COOPERATIVES"),
        Bank(code: "035", short: "EXIM", nameTh: "ส่งออกและนำเข้า", nameEn: "EXPORT-IMPORT BANK OF THAILAND"),
        Bank(code: "067", short: "TISCO", nameTh: "ทิสโก้", nameEn: "TISCO BANK"),
        Bank(code: "069", short: "KKP", nameTh: "เกียรตินาคินภัทร", nameEn: "KIATNAKIN PHATRA BANK"),
        Bank(code: "070", short: "ICBCT", nameTh: "ไอซีบีซี", nameEn: "ICBC (THAI)"),
        Bank(code: "071", short: "TCD", nameTh: "ไทยเครดิต", nameEn: "THAI CREDIT BANK"),
        Bank(code: "073", short: "LHFG", nameTh: "แลนด์ แอนด์ เฮ้าส์", nameEn: "LAND AND HOUSES BANK"),
        Bank(code: "098", short: "SME", nameTh: "ธพว.", nameEn: "SME D BANK"),
    ]

    /// By code or short name.
    init?(_ text: String) {
        guard let bank = Self.all.first(where: { $0.code == text || $0.short == text.uppercased() }) else {
            return nil
        }
        self = bank
    }

    private init(code: String, short: String, nameTh: String, nameEn: String) {
        self.code = code
        self.short = short
        self.nameTh = nameTh
        self.nameEn = nameEn
    }

    // MARK: What slips show

    /// The account's number, masked. Every bank has its way; which has which is not published, so the ways that were seen
    /// are dealt out here.
    func mask(_ account: String) -> String {
        let digits = account.filter { $0.isASCII && $0.isNumber }
        let count = digits.count
        func shown(_ visible: (Int) -> Bool, _ hidden: Character) -> [Character] {
            digits.enumerated().map { visible($0.offset) ? $0.element : hidden }
        }
        switch code {
        case "002", "025":
            // xxxx-xx123-4
            return Self.grouped(shown({ $0 >= count - 4 }, "x"), [4, 5, 1])
        case "006":
            // XXXXX1234X
            return String(shown({ $0 >= count - 5 && $0 < count - 1 }, "X"))
        case "030", "034":
            // 1234xxxx5678
            return String(shown({ $0 < 4 || $0 >= count - 4 }, "x"))
        default:
            // xxx-x-x1234-x
            return Self.grouped(shown({ $0 >= count - 5 && $0 < count - 1 }, "x"), [3, 1, 5, 1])
        }
    }

    private static func grouped(_ characters: [Character], _ sizes: [Int]) -> String {
        guard characters.count == sizes.reduce(0, +) else { return String(characters) }
        var rest = characters[...]
        return sizes.map { size in
            defer { rest = rest.dropFirst(size) }
            return String(rest.prefix(size))
        }.joined(separator: "-")
    }

    /// Which names this bank's slips carry, cut as theirs are: some have Thai only, some English only.
    func shownNames(th: String?, en: String?) -> (th: String?, en: String?) {
        let names = (th: th.map(ShownName.thai), en: en.map(ShownName.english))
        switch code {
        case "006" where names.th != nil: return (names.th, nil)
        case "024" where names.en != nil: return (nil, names.en)
        default: return names
        }
    }
}

/// Names as banks show them: a person's family name is cut to its first letter, a company's to so many letters.
enum ShownName {
    /// Unicode scalars of a company's name.
    static let maxCompanyScalars = 30

    static func thai(_ name: String) -> String {
        if let core = company(name, prefixes: ["บริษัท", "บจก."], suffixes: ["จำกัด"]) { return cut("บจก. " + core) }
        let titles = ["นางสาว", "น.ส.", "นาง", "นาย"]
        return person(name, title: titles.first { name.hasPrefix($0) })
    }

    static func english(_ name: String) -> String {
        let upper = name.uppercased()
        if upper.contains("LTD") || upper.contains("LIMITED") { return cut(upper) }
        let title = ["MISS", "MRS.", "MR.", "MS."].first { upper.hasPrefix($0 + " ") }
        return person(upper, title: title)
    }

    private static func company(_ name: String, prefixes: [String], suffixes: [String]) -> String? {
        guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { return nil }
        var core = name.dropFirst(prefix.count)
        if let suffix = suffixes.first(where: { core.hasSuffix($0) }) { core = core.dropLast(suffix.count) }
        return core.split(separator: " ").joined(separator: " ")
    }

    /// The title, the first name, and the first scalar of the last: a cut does not spare a Thai vowel's consonant.
    private static func person(_ name: String, title: String?) -> String {
        var words = name.dropFirst(title?.count ?? 0).split(separator: " ").map(String.init)
        if words.count > 1, let first = words.last?.unicodeScalars.first {
            words = [words[0], String(Character(first))]
        }
        if let title { words.insert(title, at: 0) }
        return words.joined(separator: " ")
    }

    private static func cut(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.prefix(maxCompanyScalars)))
    }
}

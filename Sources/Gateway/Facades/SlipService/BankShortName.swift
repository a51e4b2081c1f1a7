internal import Domain

/// Banks by the short names that the document has (`SCB`), and the Bank of Thailand's numbers.
enum BankShortName {
    /// One name for each number; the first is the one that is written.
    private static let names: [(code: String, names: [String])] = [
        ("002", ["BBL"]), ("004", ["KBANK"]), ("006", ["KTB"]), ("011", ["TTB", "TMB", "TMBT", "TBANK"]),
        ("014", ["SCB"]),
        ("017", ["CITI"]), ("018", ["SMBC"]), ("020", ["SCBT"]), ("022", ["CIMBT", "CIMB"]), ("024", ["UOBT", "UOB"]),
        ("025", ["BAY", "KMA"]), ("030", ["GSB"]), ("031", ["HSBC"]), ("032", ["DB"]), ("033", ["GHB"]),
        ("034", ["BAAC"]), ("035", ["EXIM"]), ("039", ["MIZUHO", "MHCB"]), ("045", ["BNP"]),
        ("066", ["IBANK", "ISBT"]),
        ("067", ["TISCO"]), ("069", ["KKP", "KK"]), ("070", ["ICBCT", "ICBC"]), ("071", ["TCD", "TCRB"]),
        ("073", ["LHFG", "LHB", "LHBANK"]), ("098", ["SME"]),
        ("TRUEMONEYWALLET", ["TRUEMONEYWALLET", "TRUEMONEY", "TMN"]),
    ]
    private static let byCode = Dictionary(
        names.compactMap { row in row.names.first.map { (row.code, $0) } }, uniquingKeysWith: { first, _ in first })
    private static let byName = Dictionary(
        names.flatMap { row in row.names.map { ($0, row.code) } }, uniquingKeysWith: { first, _ in first })

    /// A bank that has no name here is written as its number.
    static func of(_ bank: BankCode) -> String { byCode[bank.text] ?? bank.text }

    /// Three digits, or a short name in any case; nil for another word: it must not pass for a bank.
    static func bank(_ text: String) -> BankCode? {
        if text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return BankCode(text) }
        return byName[text.uppercased()].flatMap { BankCode($0) }
    }
}

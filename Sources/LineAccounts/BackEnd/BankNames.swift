package import Domain

extension BankCode {
    /// A bank as back ends and providers write it: the Bank of Thailand's three digits, or a short name in any case (`KBANK`). nil
    /// for a name that is not known: another word for a bank must not pass for another bank.
    package init?(named text: String) {
        if text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            self.init(text)
        } else if let code = Self.codes[text.uppercased()] {
            self.init(code)
        } else {
            return nil
        }
    }

    private static let codes: [String: String] = [
        "BBL": "002", "KBANK": "004", "KTB": "006", "TTB": "011", "TMB": "011", "TMBT": "011", "SCB": "014",
        "CITI": "017", "SMBC": "018", "SCBT": "020", "CIMB": "022", "CIMBT": "022", "UOB": "024", "UOBT": "024",
        "BAY": "025", "KMA": "025", "GSB": "030", "HSBC": "031", "DB": "032", "GHB": "033", "BAAC": "034",
        "EXIM": "035", "MIZUHO": "039", "MHCB": "039", "BNP": "045", "TBANK": "065", "IBANK": "066", "ISBT": "066",
        "TISCO": "067", "KKP": "069", "KK": "069", "ICBC": "070", "ICBCT": "070", "TCD": "071", "TCRB": "071",
        "LHB": "073", "LHBANK": "073", "LHFG": "073", "SME": "098", "TRUEMONEYWALLET": "TRUEMONEYWALLET",
        "TRUEMONEY": "TRUEMONEYWALLET", "TMN": "TRUEMONEYWALLET",
    ]
}

internal import JSON

/// What a back end is asked for when a slip's sender is looked for. What is left out finds everybody.
struct BackendSearch {
    static let maxResults = 20

    var nameTh: String?
    var nameEn: String?
    var maskedAccount: String?
    /// Code or short name.
    var bank: String?

    init(_ json: JSONValue) {
        func text(_ name: String) -> String? { json[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        nameTh = text("nameTh")
        nameEn = text("nameEn")
        maskedAccount = text("maskedAccount")
        bank = text("bank")
    }

    func results(in users: [BackendUser]) -> [BackendUser] { Array(users.lazy.filter(finds).prefix(Self.maxResults)) }

    /// Either language finds a name; bank and account narrow it.
    func finds(_ user: BackendUser) -> Bool {
        let party = user.party
        let names = [(nameTh, party.nameTh), (nameEn, party.nameEn)].compactMap { shown, name in
            shown.map { shown in name.map { Self.fits($0, shown) } ?? false }
        }
        guard names.isEmpty || names.contains(true) else { return false }
        if let bank, Bank(bank) != party.bank { return false }
        return maskedAccount.map { Self.fits(account: party.account, $0) } ?? true
    }

    private static let titles: Set<String> = [
        "นาย", "นาง", "นางสาว", "น.ส.", "mr.", "mrs.", "miss", "ms.", "mr", "mrs", "ms",
    ]

    /// The first names are equal, and the family name begins as the shown one does.
    static func fits(_ name: String, _ shown: String) -> Bool {
        let name = words(name)
        let shown = words(shown)
        guard let first = shown.first, name.first == first else { return false }
        guard let family = shown.dropFirst().first else { return true }
        guard let full = name.dropFirst().first else { return false }
        // A cut may fall between a consonant and its vowel, so scalars are compared.
        return full.unicodeScalars.starts(with: family.unicodeScalars)
    }

    private static func words(_ name: String) -> [String] {
        var words = name.lowercased().split(separator: " ").map(String.init)
        if let first = words.first {
            if titles.contains(first) {
                words.removeFirst()
            } else if let title = ["นางสาว", "น.ส.", "นาย", "นาง"].first(where: { first.hasPrefix($0) && first != $0 })
            {
                words[0] = String(first.dropFirst(title.count))
            }
        }
        return words
    }

    /// Every digit that is shown stands in the account at its place.
    static func fits(account: String, _ masked: String) -> Bool {
        let places = masked.filter { $0 != "-" && $0 != " " }
        guard places.count == account.count else { return false }
        return zip(places, account).allSatisfy { !$0.isNumber || $0 == $1 }
    }
}

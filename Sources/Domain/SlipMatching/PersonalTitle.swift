/// Titles that stand before a person's name, and what they say of the person.
enum PersonalTitle {
    enum Gender: Sendable { case male, female, unsaid }

    /// Written in Thai with a space behind them or without. Folded, without dots, the longest first.
    static let thai: [(text: String, gender: Gender)] = sorted([
        ("นางสาว", .female), ("นาง", .female), ("นาย", .male), ("นส", .female), ("น ส", .female), ("ดช", .male),
        ("ด ช", .male), ("ดญ", .female), ("ด ญ", .female), ("เด็กชาย", .male), ("เด็กหญิง", .female),
        ("คุณหญิง", .female), ("ท่านผู้หญิง", .female), ("คุณ", .unsaid), ("ดร", .unsaid), ("ผศ", .unsaid),
        ("รศ", .unsaid), ("ศ", .unsaid), ("นพ", .male), ("พญ", .female), ("ทพญ", .female), ("ทพ", .male),
        ("ภก", .male), ("ภญ", .female), ("อาจารย์", .unsaid), ("พลอ", .unsaid), ("พลท", .unsaid), ("พลต", .unsaid),
        ("พอ", .unsaid), ("พท", .unsaid), ("พต", .unsaid), ("รอ", .unsaid), ("รท", .unsaid), ("รต", .unsaid),
        ("พลตอ", .unsaid), ("พลตท", .unsaid), ("พลตต", .unsaid), ("พตอ", .unsaid), ("พตท", .unsaid),
        ("พตต", .unsaid), ("รตอ", .unsaid), ("รตท", .unsaid), ("รตต", .unsaid), ("จสอ", .unsaid), ("จสท", .unsaid),
        ("จสต", .unsaid), ("สอ", .unsaid), ("สท", .unsaid), ("สต", .unsaid), ("ดต", .unsaid), ("ว่าที่", .unsaid),
        ("มรว", .unsaid), ("มล", .unsaid), ("หม่อมหลวง", .unsaid), ("พระมหา", .male), ("พระ", .male),
        ("แม่ชี", .female),
    ])

    /// A word of its own.
    static let english: [String: Gender] = [
        "mr": .male, "master": .male, "mstr": .male, "mrs": .female, "ms": .female, "miss": .female, "k": .unsaid,
        "khun": .unsaid, "dr": .unsaid, "prof": .unsaid,
    ]

    /// Abbreviations are titles only with a dot or a space behind them: `ดร` begins names, too.
    static let unabbreviated: Set<String> = Set(
        [
            "นางสาว", "นาง", "นาย", "เด็กชาย", "เด็กหญิง", "คุณหญิง", "ท่านผู้หญิง", "คุณ", "ว่าที่", "หม่อมหลวง", "พระมหา",
            "พระ", "แม่ชี", "อาจารย์",
        ].map { ThaiText($0).folded })

    private static func sorted(_ titles: [(String, Gender)]) -> [(text: String, gender: Gender)] {
        titles.map { (ThaiText($0.0).folded, $0.1) }
            .sorted { $0.0.unicodeScalars.count > $1.0.unicodeScalars.count }
    }
}

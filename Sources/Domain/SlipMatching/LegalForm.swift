/// What kind of body a name says that it is. Bodies of different kinds are different bodies, whatever their names.
struct LegalForm: OptionSet, Sendable {
    let rawValue: Int

    static let limited = LegalForm(rawValue: 1)
    static let publicLimited = LegalForm(rawValue: 2)
    static let partnership = LegalForm(rawValue: 4)
    static let shop = LegalForm(rawValue: 8)
    static let foundation = LegalForm(rawValue: 16)
    static let association = LegalForm(rawValue: 32)
    static let cooperative = LegalForm(rawValue: 64)
    static let temple = LegalForm(rawValue: 128)
    static let school = LegalForm(rawValue: 256)
    /// `บริษัท` alone, or `co`: the rest may be cut off.
    static let company: LegalForm = [.limited, .publicLimited]

    /// Folded, without dots, the longest first.
    static let prefixes = folded([
        ("ห้างหุ้นส่วนจำกัด", .partnership), ("ห้างหุ้นส่วนสามัญ", .partnership), ("ห้างหุ้นส่วน", .partnership),
        ("โรงเรียน", .school), ("สหกรณ์", .cooperative), ("มูลนิธิ", .foundation), ("บริษัท", .company),
        ("สมาคม", .association), ("ร้าน", .shop), ("บมจ", .publicLimited), ("บจก", .limited), ("บจ", .limited),
        ("หจก", .partnership), ("หสน", .partnership), ("วัด", .temple),
    ])

    static let suffixes = folded([
        ("จำกัด (มหาชน)", .publicLimited), ("จำกัด(มหาชน)", .publicLimited), ("(มหาชน)", .publicLimited),
        ("จำกัด", .limited), ("public company limited", .publicLimited), ("public co ltd", .publicLimited),
        ("limited partnership", .partnership), ("company limited", .limited), ("ltd part", .partnership),
        ("co ltd", .limited), ("coltd", .limited), ("limited", .limited), ("company", .company),
        ("pcl", .publicLimited),
        ("ltd", .limited), ("co", .company),
    ])

    private static func folded(_ forms: [(String, LegalForm)]) -> [(text: String, form: LegalForm)] {
        forms.map { (ThaiText($0.0).folded, $0.1) }
    }
}

/// An account that a tenant takes money on.
struct BackendAccount: Equatable, Sendable {
    let id: String
    let party: Slip.Party
}

/// A customer as a tenant's back end has them.
struct BackendUser: Equatable, Sendable {
    let id: String
    let memberCode: String
    let party: Slip.Party
    let phone: String
}

/// Who a tenant's back end knows at the start: the same in every run.
enum BackendPeople {
    static let userCount = 60

    static func accounts(of tenant: String) -> [BackendAccount] {
        let names: (th: String, en: String) =
            tenant == "company_a"
            ? ("บริษัท คอมพานี เอ จำกัด", "COMPANY A CO., LTD.") : ("บริษัท ศาลาสาธิต จำกัด", "SALA DEMO CO., LTD.")
        return ["004", "014", "006"].compactMap(Bank.init).enumerated().map { index, bank in
            BackendAccount(
                id: "ACC\(index + 1)",
                party: Slip.Party(
                    nameTh: names.th, nameEn: names.en, account: number(tenant, 900 + index, digits: 10), bank: bank))
        }
    }

    static func users(of tenant: String) -> [BackendUser] {
        let banks = ["004", "014", "002", "006", "025", "011", "030"].compactMap(Bank.init)
        return (0..<userCount).map { index in
            let isMan = index % 2 == 0
            let first = (isMan ? men : women)[index / 2 % 12]
            let last = families[index * 7 % families.count]
            let bank = banks[index % banks.count]
            let digits = bank.code == "030" ? 12 : 10
            let suffix = String(1_000 + index)
            return BackendUser(
                id: "USER\(suffix)", memberCode: "MEM\(suffix)",
                party: Slip.Party(
                    nameTh: "\(isMan ? "นาย" : "นางสาว") \(first.th) \(last.th)",
                    nameEn: "\(isMan ? "Mr." : "Miss") \(first.en) \(last.en)",
                    account: number(tenant, index, digits: digits), bank: bank),
                phone: "08" + number("phone", index, digits: 8))
        }
    }

    /// So many digits that depend on both.
    private static func number(_ name: String, _ index: Int, digits: Int) -> String {
        var value = fingerprint(name + "/" + String(index))
        var text = ""
        for _ in 0..<digits {
            text += String(value % 10)
            value = value / 10 &+ (value % 7) &* 0x9E37_79B9_7F4A_7C15
        }
        return text
    }

    /// FNV-1a, of 64 bits: spreads names over a list.
    static func fingerprint(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }

    private typealias Name = (th: String, en: String)

    private static let men: [Name] = [
        ("สมชาย", "Somchai"), ("สมศักดิ์", "Somsak"), ("ประเสริฐ", "Prasert"), ("วิชัย", "Wichai"),
        ("อนันต์", "Anan"), ("ธนพล", "Thanapon"), ("กิตติ", "Kitti"), ("สุรชัย", "Surachai"),
        ("ณัฐวุฒิ", "Natthawut"), ("พงศกร", "Phongsakon"), ("ชัยวัฒน์", "Chaiwat"), ("เอกชัย", "Ekkachai"),
    ]
    private static let women: [Name] = [
        ("สมหญิง", "Somying"), ("มาลี", "Malee"), ("สุดา", "Suda"), ("กาญจนา", "Kanchana"),
        ("วันดี", "Wandee"), ("ปราณี", "Pranee"), ("รัตนา", "Rattana"), ("อรทัย", "Orathai"),
        ("นภา", "Napha"), ("ศิริพร", "Siriporn"), ("จันทร์เพ็ญ", "Chanphen"), ("เบญจมาศ", "Benjamas"),
    ]
    private static let families: [Name] = [
        ("ใจดี", "Jaidee"), ("รักไทย", "Rakthai"), ("ทองคำ", "Thongkham"), ("ศรีสุข", "Srisuk"),
        ("แสงทอง", "Saengthong"), ("บุญมี", "Boonmee"), ("วงศ์ไทย", "Wongthai"), ("พรหมมา", "Phromma"),
        ("สุขสันต์", "Suksan"), ("เจริญผล", "Charoenphon"), ("มั่นคง", "Mankhong"), ("อยู่เย็น", "Yooyen"),
        ("ชัยมงคล", "Chaimongkhon"), ("นาคทอง", "Nakthong"), ("คำแก้ว", "Khamkaew"), ("ปัญญาดี", "Panyadee"),
        ("โพธิ์งาม", "Phongam"), ("ลาภมาก", "Lapmak"), ("ดวงดี", "Duangdee"), ("สายน้ำ", "Sainam"),
    ]
}

/// Decides which product families are relevant to a person; deterministic, and never investment advice.
///
/// Nothing is shown before the profile is complete and without open questions, nor to someone who has no income or spends
/// more than it. New credit (card, loan) needs a fifth of the income left each month, savings products a tenth; and each needs
/// a goal that it serves.
package enum ProductCatalogue {
    package static let maxRecommendations = 3
    /// Satang a month: a credit card is not issued below this income (Bank of Thailand, 15,000 baht).
    package static let minCardIncomeSatang: Int64 = 1_500_000

    private enum Theme: Sendable { case saving, longTerm, debt, purchase, travel, reserve, home }

    private static let themes = PhraseTable<Theme>([
        (
            .saving,
            [
                "เก็บเงิน", "เก็บ", "ออม", "เงินเก็บ", "เงินก้อน", "ทุนการศึกษา", "การศึกษา", "ลูก", "ครอบครัว", "save", "saving",
                "savings", "education",
            ]
        ),
        (
            .longTerm,
            [
                "เกษียณ", "เกษียน", "ลงทุน", "กองทุน", "ระยะยาว", "retire", "retirement", "invest", "investing", "fund",
                "funds",
            ]
        ),
        (.debt, ["หนี้", "ปลดหนี้", "ปิดหนี้", "หมดหนี้", "รวมหนี้", "debt", "debts", "debt free", "debt-free", "pay off"]),
        (
            .purchase,
            [
                "รถ", "มอเตอร์ไซค์", "แต่งงาน", "เรียนต่อ", "ซ่อมบ้าน", "แต่งบ้าน", "เปิดร้าน", "ธุรกิจ", "car", "motorbike",
                "wedding", "business",
                "study",
            ]
        ),
        (.travel, ["เที่ยว", "ท่องเที่ยว", "ต่างประเทศ", "travel", "trip", "vacation", "holiday"]),
        (.reserve, ["ฉุกเฉิน", "เงินสำรอง", "emergency", "emergency fund"]),
        (.home, ["บ้าน", "คอนโด", "ที่ดิน", "house", "home", "condo"]),
    ])

    package static func recommendations(for profile: FinancialProfile) -> [ProductRecommendation] {
        guard profile.completeness == 100, profile.unsure.isEmpty, let income = profile.income?.figure.satang,
            let rate = profile.savingsRateTenths, rate >= 100
        else { return [] }
        let themes = themes(of: profile.goals)
        var found: [ProductRecommendation] = []
        if themes.contains(.debt) {
            // Who is paying debts off is offered no product that binds money or adds spending.
            if rate >= 200 { found.append(.init(family: .personalLoan, reason: Reason.consolidation)) }
            return found
        }
        if themes.contains(.saving) || themes.contains(.longTerm), !themes.contains(.reserve) {
            found.append(.init(family: .savingsInsurance, reason: Reason.saving))
        }
        if themes.contains(.longTerm) { found.append(.init(family: .investmentFund, reason: Reason.information)) }
        if rate >= 200 {
            if themes.contains(.purchase) { found.append(.init(family: .personalLoan, reason: Reason.purchase)) }
            if themes.contains(.travel), income >= minCardIncomeSatang {
                found.append(.init(family: .creditCard, reason: Reason.travel))
            }
        }
        return Array(found.prefix(maxRecommendations))
    }

    private static func themes(of goals: [String]) -> Set<Theme> {
        var found: Set<Theme> = []
        for goal in goals {
            let text = ThaiText(goal)
            var index = 0
            while index < text.count {
                guard let (end, theme) = themes.match(text, at: index) else {
                    index += 1
                    continue
                }
                found.insert(theme)
                index = end
            }
        }
        return found
    }

    private enum Reason {
        static let saving =
            "คุณมีเงินเหลือเก็บทุกเดือนและมีเป้าหมายการออม ประกันสะสมทรัพย์จึงเป็นทางเลือกหนึ่งที่ช่วยให้ออมได้สม่ำเสมอพร้อมความคุ้มครองชีวิตค่ะ"
        static let information =
            "เป้าหมายของคุณเป็นเรื่องระยะยาว จึงมีข้อมูลทั่วไปเกี่ยวกับกองทุนรวมให้ศึกษาค่ะ ทั้งนี้เป็นข้อมูลเท่านั้น ไม่ใช่คำแนะนำการลงทุน"
        static let purchase =
            "คุณมีเงินเหลือในแต่ละเดือนมากพอ หากต้องการใช้เงินก้อนตามเป้าหมาย สามารถเปรียบเทียบเงื่อนไขสินเชื่อส่วนบุคคลก่อนตัดสินใจได้ค่ะ"
        static let consolidation =
            "หากคุณมีหนี้หลายก้อน การรวมหนี้ด้วยสินเชื่อส่วนบุคคลที่ดอกเบี้ยต่ำกว่าอาจช่วยให้ผ่อนน้อยลงได้ ควรเปรียบเทียบดอกเบี้ยรวมก่อนตัดสินใจค่ะ"
        static let travel =
            "คุณวางแผนเดินทางและมีเงินเหลือในแต่ละเดือน บัตรเครดิตที่ชำระเต็มจำนวนทุกรอบบิลช่วยสะสมคะแนนจากการเดินทางได้ค่ะ"
    }
}

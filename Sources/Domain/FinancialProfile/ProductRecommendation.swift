package import JSON

/// A product family of the platform with the reason it is shown to this person.
package struct ProductRecommendation: Equatable, Sendable {
    package enum Family: String, Equatable, Sendable, CaseIterable {
        case savingsInsurance = "savings_insurance"
        case personalLoan = "personal_loan"
        case creditCard = "credit_card"
        /// Information only, never advice.
        case investmentFund = "investment_fund"
    }

    package let family: Family
    /// One Thai sentence.
    package let reason: String

    package init(family: Family, reason: String) {
        self.family = family
        self.reason = reason
    }

    package var id: String { family.rawValue }

    package var thaiName: String {
        switch family {
        case .savingsInsurance: "ประกันสะสมทรัพย์"
        case .personalLoan: "สินเชื่อส่วนบุคคล"
        case .creditCard: "บัตรเครดิต"
        case .investmentFund: "กองทุนรวม (ให้ข้อมูลเท่านั้น)"
        }
    }

    package var englishName: String {
        switch family {
        case .savingsInsurance: "Savings insurance"
        case .personalLoan: "Personal loan"
        case .creditCard: "Credit card"
        case .investmentFund: "Investment funds (information only)"
        }
    }

    /// insurance, loan, card or information.
    package var type: String {
        switch family {
        case .savingsInsurance: "insurance"
        case .personalLoan: "loan"
        case .creditCard: "card"
        case .investmentFund: "information"
        }
    }

    package var json: JSONValue {
        [
            "id": .string(id), "name": .string(thaiName), "nameEn": .string(englishName), "type": .string(type),
            "reason": .string(reason),
        ]
    }

    /// The recommendation that `json` writes; nil when its id is unknown or its reason missing.
    package init?(json: JSONValue) {
        guard let family = json["id"]?.string.flatMap(Family.init), let reason = json["reason"]?.string else {
            return nil
        }
        self.init(family: family, reason: reason)
    }
}

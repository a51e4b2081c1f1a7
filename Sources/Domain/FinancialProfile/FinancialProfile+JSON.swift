package import JSON

/// One form for clients and for checkpoints: the members of the platform's document (`income`, `expenses`, `goals`,
/// `savingsRate`, `completeness`) and `unsure`, then the details that make it lossless. Amounts are baht, written as
/// integers when whole. A reader of the platform's document ignores what it does not know.
extension FinancialProfile {
    package func encode(into writer: inout JSONWriter) { writer.value(json) }

    package var json: JSONValue {
        var object: JSONObject = [
            "income": Self.baht(income?.figure.satang),
            "expenses": Self.baht(expenses?.figure.satang),
            "goals": goals.isEmpty ? .null : .array(goals.map(JSONValue.string)),
            "savingsRate": savingsRate.map(JSONValue.double) ?? .null,
            "completeness": .integer(Int64(completeness)),
            "unsure": .array(unsure.map(Self.json)),
        ]
        if let income { object["incomeDetail"] = Self.json(income) }
        if let expenses { object["expensesDetail"] = Self.json(expenses) }
        return .object(object)
    }

    /// Reads what `json` writes. Nil when it is no object or a member has the wrong type: a checkpoint is never half read.
    /// A figure without details counts as the provider's. Derived members are computed anew.
    package init?(json: JSONValue) {
        guard json.object != nil else { return nil }
        for kind in FinancialKind.allCases {
            let amount = json[kind.rawValue] ?? .null
            if amount.isNull { continue }
            guard let satang = Self.satang(amount),
                let entry = Self.entry(satang, json[kind.rawValue + "Detail"] ?? .null)
            else { return nil }
            self[kind] = entry
        }
        switch json["goals"] ?? .null {
        case .null: break
        case .array(let items):
            let texts = items.compactMap(\.string)
            guard texts.count == items.count, texts.count <= ReadingLimits.maxGoals else { return nil }
            goals = texts
        default: return nil
        }
        switch json["unsure"] ?? .null {
        case .null: break
        case .array(let items):
            let questions = items.compactMap(Self.question)
            guard questions.count == items.count, questions.count <= ReadingLimits.maxQuestions else { return nil }
            unsure = questions
        default: return nil
        }
    }

    /// Baht as a JSON number; exact up to the largest amount that is read.
    static func baht(_ satang: Int64?) -> JSONValue {
        guard let satang else { return .null }
        return satang % 100 == 0 ? .integer(satang / 100) : .double(Double(satang) / 100)
    }

    private static func satang(_ json: JSONValue) -> Int64? {
        guard let baht = json.double, baht >= 0, baht <= Double(ReadingLimits.maxSatang / 100) else { return nil }
        return Int64((baht * 100).rounded())
    }

    private static func json(_ entry: Entry) -> JSONValue {
        var object: JSONObject = [
            "origin": .string(entry.origin.rawValue), "approximate": .bool(entry.figure.isApproximate),
        ]
        if let range = entry.figure.range {
            object["low"] = baht(range.lowerBound)
            object["high"] = baht(range.upperBound)
        }
        if entry.isConfirmed { object["confirmed"] = .bool(true) }
        return .object(object)
    }

    private static func entry(_ amount: Int64, _ detail: JSONValue) -> Entry? {
        if detail.isNull { return Entry(figure: FinancialFigure(satang: amount), origin: .provider) }
        guard let origin = detail["origin"]?.string.flatMap(Origin.init), let approximate = detail["approximate"]?.bool
        else { return nil }
        var figure = FinancialFigure(satang: amount, isApproximate: approximate)
        if detail["low"] != nil || detail["high"] != nil {
            guard let low = detail["low"].flatMap(satang), let high = detail["high"].flatMap(satang), low <= high else {
                return nil
            }
            figure.range = low...high
        }
        return Entry(figure: figure, origin: origin, isConfirmed: detail["confirmed"]?.bool ?? false)
    }

    private static func json(_ question: OpenQuestion) -> JSONValue {
        var object: JSONObject = [
            "about": JSONValue(question.about?.rawValue), "reason": .string(question.reason.rawValue),
        ]
        if let satang = question.satang { object["amount"] = baht(satang) }
        if let satang = question.providerSatang { object["otherAmount"] = baht(satang) }
        if question.isFresh { object["fresh"] = .bool(true) }
        return .object(object)
    }

    private static func question(_ json: JSONValue) -> OpenQuestion? {
        guard let reason = json["reason"]?.string.flatMap(UnsureReason.init) else { return nil }
        var question = OpenQuestion(about: nil, reason: reason, isFresh: json["fresh"]?.bool ?? false)
        if let about = json["about"], !about.isNull {
            guard let kind = about.string.flatMap(FinancialKind.init) else { return nil }
            question.about = kind
        }
        if let amount = json["amount"] {
            guard let satang = satang(amount) else { return nil }
            question.satang = satang
        }
        if let amount = json["otherAmount"] {
            guard let satang = satang(amount) else { return nil }
            question.providerSatang = satang
        }
        return question
    }
}

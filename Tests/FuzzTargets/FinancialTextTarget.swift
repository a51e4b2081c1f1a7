import Domain
import JSON
import TestSupport

extension FuzzTarget {
    /// What a customer writes about money. The flags choose what was asked before.
    static let financialText = FuzzTarget(
        "financial-text",
        words: [
            "เงินเดือน", "บาท", "หมื่น", "แสน", "ล้าน", "พัน", "ร้อย", "สิบ", "เอ็ด", "ต่อเดือน", "ปีละ", "ประมาณ", "ไม่ใช่", "แต่",
            "ถึง", "salary",
            "rent", "thousand", "million", "per month", "45,000", "k", "ค่าเช่า", "รายจ่าย", "อยากเก็บเงิน", "ครึ่ง", "กว่า",
        ]
    ) { input in
        let intents = AdvisorIntent.allCases
        let asked = Int(input.flags) < intents.count ? intents[Int(input.flags)] : nil
        let findings = FinancialReader.findings(in: input.text, asked: asked)
        for finding in findings {
            switch finding {
            case .stated(_, let figure), .corrected(_, let figure):
                try expect((0...ReadingLimits.maxSatang).contains(figure.satang), "\(finding)")
                if let range = figure.range { try expect(range.contains(figure.satang), "\(finding)") }
            case .unsure(_, _, let satang):
                try expect((0...ReadingLimits.maxSatang).contains(satang ?? 0), "\(finding)")
            case .denied(_, let satang): try expect((0...ReadingLimits.maxSatang).contains(satang), "\(finding)")
            case .goal(let words, _):
                try expect(words.unicodeScalars.count <= ReadingLimits.maxGoalScalars, "\(finding)")
            case .identified: break
            }
        }
        try expect(
            findings == FinancialReader.findings(in: input.text, asked: asked), "another reading the second time")
    } seeds: {
        let intents = AdvisorIntent.allCases.map(\.rawValue)
        return try Vectors.load("financial-utterances").compactMap { vector in
            let asked = vector["input"]?["asked"]?.string.flatMap { intents.firstIndex(of: $0) } ?? 255
            return vector["input"]?["text"]?.string.map { FuzzInput.bytes(flags: UInt8(asked), $0.utf8) }
        }
    }
}

import TestSupport
import Testing

@testable import PromptPay

@Suite("What money can be sent to")
struct PromptPayProxyTests {
    @Test(
        "A mobile number is read as people write it",
        arguments: [
            "081-234-5678", "0812345678", "+66 81 234 5678", "66812345678", "0066812345678", "+66 (0) 81-234-5678",
            "๐๘๑-๒๓๔-๕๖๗๘", " 081.234.5678\n", "พร้อมเพย์ 0812345678", "00660812345678",
        ])
    func phones(_ text: String) throws {
        let proxy = try PromptPayProxy(text)
        #expect(proxy.kind == .phone && proxy.digits == "0066812345678")
    }

    @Test("Mobile numbers begin with 06, 08 or 09", arguments: 0...9)
    func firstDigits(_ digit: Int) throws {
        let texts = ["0\(digit)12345678", "+66\(digit)12345678", "0066\(digit)12345678"]
        if [6, 8, 9].contains(digit) {
            for text in texts { #expect(try PromptPayProxy(text).digits == "0066\(digit)12345678") }
        } else {
            #expect(throws: PromptPayProxyViolation.notMobile) { try PromptPayProxy(texts[0]) }
            for text in texts { #expect(throws: PromptPayProxyViolation.self) { try PromptPayProxy(text) } }
        }
    }

    @Test(
        "An id of 13 digits has a right check digit",
        arguments: ["1234567890121", "1-2345-67890-12-1", "0994000165501", "1100000000008", "3100100000014"])
    func ids(_ text: String) throws {
        let proxy = try PromptPayProxy(text)
        #expect(proxy.kind == .nationalOrTaxID && proxy.digits == text.filter { $0 != "-" })
        // Another last digit is never right.
        for digit in 0...9 where !text.hasSuffix("\(digit)") {
            #expect(throws: PromptPayProxyViolation.checkDigitWrong) {
                try PromptPayProxy(text.dropLast() + "\(digit)")
            }
        }
    }

    @Test("An e-wallet's id has 15 digits")
    func wallets() throws {
        let proxy = try PromptPayProxy("014-000-0812345678".filter { $0 != "-" }.replacing("0000", with: "000"))
        #expect(proxy.kind == .eWallet && proxy.digits == "014000812345678")
        #expect(try PromptPayProxy("140 000 812 345 678").kind == .eWallet)
    }

    private static let refused: [(String, PromptPayProxyViolation)] = [
        ("", .unknownForm), ("hello", .unknownForm), ("812345678", .unknownForm), ("08123456789", .unknownForm),
        ("66 81 234 567", .notMobile), ("6681234567", .notMobile), ("02-123-4567", .unknownForm),
        ("0212345678", .notMobile), ("12345678901234", .unknownForm), ("1234567890123456", .unknownForm),
        ("0066212345678", .notMobile), ("081234567８", .unknownForm), ("0812345678²", .unknownForm),
        (String(repeating: "-", count: 55) + "0812345678", .tooLong), (String(repeating: "1", count: 65), .tooLong),
    ]

    @Test("What is none of these is told apart", arguments: refused.indices)
    func refusals(_ index: Int) {
        let (text, violation) = Self.refused[index]
        #expect(throws: violation) { try PromptPayProxy(text) }
    }

    @Test("The longest text is read")
    func longest() throws {
        #expect(try PromptPayProxy(String(repeating: "-", count: 54) + "0812345678").kind == .phone)
    }

    @Test("No description shows a proxy's digits")
    func description() throws {
        let payload = try #require(PromptPayPayload(.proxy(PromptPayProxy("1234567890121"))))
        #expect("\(payload)".contains("nationalOrTaxID") && !"\(payload)".contains("1234567890121"))
        #expect(!String(reflecting: payload).contains("1234567890121"))
    }
}

import EMVCo
import TestSupport
import Testing

@testable import SlipQR

@Suite("The QR codes of slips")
struct SlipQRTests {
    private static let slips: [(bank: String, reference: String, text: String)] = [
        ("004", "015275120000AKR00001", "0041000600000101030040220015275120000AKR000015102TH91047C42"),
        ("014", "202601150TestRef000000001", "0046000600000101030140225202601150TestRef0000000015102TH91048629"),
        ("002", "0000000001234567890", "004000060000010103002021900000000012345678905102TH91043A1D"),
        ("006", "A1b2C3d4E5F6G7H8", "0037000600000101030060216A1b2C3d4E5F6G7H85102TH910484ED"),
        ("002", "0002123123121200011", "004000060000010103002021900021231231212000115102TH91049C30"),
        ("014", "00111222233344ABCD12", "004100060000010103014022000111222233344ABCD125102TH910417DF"),
    ]

    @Test("Slips are read, and written the same", arguments: slips.indices)
    func slipRead(_ index: Int) throws {
        let slip = Self.slips[index]
        let read = try SlipQR(slip.text)
        #expect(read.sendingBank == slip.bank && read.reference == slip.reference)
        #expect(read.text == slip.text)
        #expect(SlipQR(sendingBank: slip.bank, reference: slip.reference) == read)
    }

    @Test("Every change of one character is seen", arguments: slips.indices)
    func changes(_ index: Int) throws {
        let text = Array(Self.slips[index].text.utf8)
        for place in text.indices {
            for byte in UInt8(0x20)..<0x7F where byte != text[place] {
                var changed = text
                changed[place] = byte
                // The case of the checksum's own digits means nothing.
                if place >= text.count - 4, byte ^ 0x20 == text[place] { continue }
                #expect(throws: SlipQRViolation.self) { try SlipQR(String(decoding: changed, as: UTF8.self)) }
            }
        }
        for count in 0..<text.count - 4 {
            #expect(throws: SlipQRViolation.self) { try SlipQR(String(decoding: text[..<count], as: UTF8.self)) }
        }
    }

    @Test("A checksum without its leading zeros, or in lower case, is right")
    func checksum() throws {
        let slip = try #require(
            (0..<1_000).lazy.compactMap { SlipQR(sendingBank: "004", reference: "X\($0)") }
                .first { $0.text.dropLast(3).hasSuffix("91040") })
        // The checksum is the last four characters; its first is the zero.
        let short = String(slip.text.dropLast(4) + slip.text.suffix(3))
        #expect(try SlipQR(short) == slip)
        #expect(try SlipQR(slip.text.dropLast(4) + slip.text.suffix(4).lowercased()) == slip)
        #expect(throws: SlipQRViolation.malformed) { try SlipQR(slip.text + "0") }
    }

    private static let others: [(String, SlipQRViolation)] = [
        ("", .checksumMissing), ("hello", .malformed), ("สลิป", .malformed), ("00", .malformed), ("0099x", .malformed),
        ("00020101021229370016A000000677010111011300668123456785802TH530376463048956", .paymentCode),
        ("00490002010102010203P2P0314500000000000010408150120269104dcc6", .trueMoney),
        ("004100060000010103004022001527512000", .malformed),
        ("0041000600000101030040220015275120000AKR000015102TH", .checksumMissing),
        ("0041000600000101030040220015275120000AKR000015102TH91047C43", .checksumWrong),
        ("0041000600000101030040220015275120000AKR000015102TH9104", .malformed),
        ("0041000600000101030040220015275120000AKR000015102TH9104+C42", .malformed),
        ("0041000600000101030040220015275120000AKR000015102TH91057C421", .malformed),
        ("|099400016550100\r123456789012\r670429\r364922", .malformed),
        (String(repeating: "0", count: 513), .tooLong), (String(repeating: "0000", count: 100), .fieldRepeated),
    ]

    @Test("What is no slip is told apart", arguments: others.indices)
    func otherRead(_ index: Int) {
        let (text, violation) = Self.others[index]
        #expect(throws: violation) { try SlipQR(text) }
    }

    @Test(
        "Sound fields of something else are no slip",
        arguments: ["001000060000025102TH", "5102TH", "001000060000015102TH"])
    func notASlip(_ body: String) {
        let digits = String(CRC16.checksum((body + "9104").utf8), radix: 16, uppercase: true)
        #expect(throws: SlipQRViolation.notASlip) { try SlipQR(body + "9104" + digits) }
    }

    @Test("Only what a slip has can be written")
    func encoder() {
        #expect(SlipQR(sendingBank: "04", reference: "X") == nil)
        #expect(SlipQR(sendingBank: "00x", reference: "X") == nil)
        #expect(SlipQR(sendingBank: "004", reference: "") == nil)
        #expect(SlipQR(sendingBank: "004", reference: "A B") == nil)
        #expect(SlipQR(sendingBank: "004", reference: String(repeating: "A", count: 40)) != nil)
        #expect(SlipQR(sendingBank: "004", reference: String(repeating: "A", count: 41)) == nil)
    }
}

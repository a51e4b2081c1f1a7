import TestSupport
import Testing

@testable import EMVCo

@Suite("Tag, length and value")
struct EMVCoTests {
    private static let checksum = EMVCoFields.Checksum(tag: "63", mayLackZeros: false)

    private static func read(_ text: String, _ checksum: EMVCoFields.Checksum? = nil) throws(EMVCoViolation)
        -> EMVCoFields
    {
        try EMVCoFields(Array(text.utf8)[...], checksum: checksum)
    }

    @Test("The checksum is CRC-16/CCITT-FALSE")
    func knownChecksums() {
        #expect(CRC16.checksum("123456789".utf8) == 0x29B1)
        #expect(CRC16.checksum([]) == 0xFFFF)
    }

    @Test("Fields are found by tag, in any order; an empty one is there")
    func fields() throws {
        let fields = try Self.read("5802TH0002010100")
        #expect(fields.has("TH", in: "58") && fields.has("01", in: "00") && fields.has("", in: "01"))
        #expect(fields["02"] == nil && !fields.has("T", in: "58") && !fields.has("", in: "02"))
        let empty = try Self.read("")
        #expect(empty["00"] == nil)
    }

    @Test(
        "What is no field is refused",
        arguments: ["0", "00", "000", "0001", "0102x", "x002ab", "00+1a", "00 1a", "๐๐01a", "00999", "0001a0"])
    func malformed(_ text: String) {
        #expect(throws: EMVCoViolation.malformed) { try Self.read(text) }
    }

    @Test("A tag stands once")
    func repeated() {
        #expect(throws: EMVCoViolation.fieldRepeated) { try Self.read("0001a0001a") }
    }

    @Test("The checksum is the last field, of four digits unless zeros may be left out")
    func checksumField() throws {
        // The first body whose checksum begins with a zero.
        let texts = (0..<900).map { EMVCoWriter(text: "0103\($0 + 100)").sealed(checksumTag: "63") }
        let sealed = try #require(texts.first { $0.suffix(4).hasPrefix("0") })
        let lenient = EMVCoFields.Checksum(tag: "63", mayLackZeros: true)
        let short = String(sealed.dropLast(4) + sealed.suffix(3))
        for fields in [
            try Self.read(sealed, Self.checksum), try Self.read(sealed.lowercased(), Self.checksum),
            try Self.read(sealed, lenient), try Self.read(short, lenient),
        ] {
            #expect(fields["01"] != nil)
        }
        #expect(throws: EMVCoViolation.malformed) { try Self.read(short, Self.checksum) }
        #expect(throws: EMVCoViolation.malformed) {
            try Self.read(sealed.dropLast(4) + "+" + sealed.suffix(3), lenient)
        }
        for text in [sealed + "0", sealed + "5802TH", String(sealed.dropLast(4))] {
            #expect(throws: EMVCoViolation.malformed) { try Self.read(text, Self.checksum) }
        }
        #expect(throws: EMVCoViolation.checksumMissing) { try Self.read(String(sealed.dropLast(8)), Self.checksum) }
        #expect(throws: EMVCoViolation.checksumWrong) { try Self.read("0101x6304ffff", Self.checksum) }
    }

    @Test("What is written is read: values of every length, nested")
    func roundTrip() throws {
        for count in 0...95 {
            let value = String(repeating: "x", count: count)
            var writer = EMVCoWriter()
            writer.writeTemplate("62") { $0.write("07", value) }
            writer.write("58", "TH")
            let fields = try Self.read(writer.sealed(checksumTag: "63"), Self.checksum)
            let template = try EMVCoFields(#require(fields["62"]))
            #expect(template.has(value, in: "07") && fields.has("TH", in: "58"))
        }
    }
}

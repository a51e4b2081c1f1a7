import Domain
import Testing

@testable import Gateway

@Suite("Banks by their short names")
struct BankShortNameTests {
    @Test("A number and every name of it are one bank, and its own name leads back to it")
    func names() throws {
        for (text, code) in [
            ("SCB", "014"), ("scb", "014"), ("014", "014"), ("TTB", "011"), ("TMB", "011"), ("TBANK", "011"),
            ("076", "011"), ("065", "011"), ("KBANK", "004"), ("TrueMoney", "TRUEMONEYWALLET"), ("999", "999"),
        ] {
            let bank = try #require(BankShortName.bank(text), "\(text)")
            #expect(bank.text == code)
            #expect(BankShortName.bank(BankShortName.of(bank)) == bank)
        }
        for number in 0..<100 {
            let bank = try #require(BankCode("0" + (number < 10 ? "0" : "") + String(number)))
            #expect(BankShortName.bank(BankShortName.of(bank)) == bank)
        }
    }

    @Test("Another word is no bank", arguments: ["", "14", "0144", "SC", "BANK", "๐๑๔", "S CB"])
    func others(text: String) {
        #expect(BankShortName.bank(text) == nil)
    }
}

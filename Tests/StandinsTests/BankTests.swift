import Testing

@testable import Standins

@Suite("What slips show of names and accounts")
struct BankTests {
    @Test(
        "Every bank masks in its own way",
        arguments: [
            ("004", "1112345678", "xxx-x-x4567-x"), ("014", "1112345678", "xxx-x-x4567-x"),
            ("002", "1112345678", "xxxx-xx567-8"), ("006", "1112345678", "XXXXX4567X"),
            ("030", "123456785678", "1234xxxx5678"), ("004", "111-2-34567-8", "xxx-x-x4567-x"),
            ("004", "12345678901234", "xxxxxxxxx0123x"),
        ])
    func masks(code: String, account: String, masked: String) throws {
        #expect(try #require(Bank(code)).mask(account) == masked)
    }

    @Test("A masked account has as many places as the account, and at least four of them are seen")
    func visible() {
        for bank in Bank.all {
            for account in ["1234567890", "123456789012", "12345678901234"] {
                let places = bank.mask(account).filter { $0 != "-" }
                #expect(places.count == account.count)
                #expect(places.filter(\.isNumber).count >= 4)
                #expect(places.filter(\.isNumber).count < account.count)
                for (shown, real) in zip(places, account) where shown.isNumber { #expect(shown == real) }
            }
        }
    }

    @Test(
        "Family names are cut to a letter, companies to their core",
        arguments: [
            ("นายสมชาย ใจดี", "นาย สมชาย ใ"), ("นางสาว สมหญิง รักไทย", "นางสาว สมหญิง ร"), ("สมชาย", "สมชาย"),
            ("บริษัท ตัวอย่าง จำกัด", "บจก. ตัวอย่าง"),
        ])
    func thai(name: String, shown: String) { #expect(ShownName.thai(name) == shown) }

    @Test(
        "The same in English",
        arguments: [
            ("Mr. Somchai Jaidee", "MR. SOMCHAI J"), ("Miss Somying Rakthai", "MISS SOMYING R"),
            ("Example Trading and Very Long Name Co., Ltd.", "EXAMPLE TRADING AND VERY LONG "),
        ])
    func english(name: String, shown: String) { #expect(ShownName.english(name) == shown) }

    @Test("Some banks leave a language out, unless it is all there is")
    func languages() throws {
        let krungthai = try #require(Bank("KTB"))
        #expect(krungthai.shownNames(th: "นาย ก ข", en: "MR. K KH") == ("นาย ก ข", nil))
        #expect(krungthai.shownNames(th: nil, en: "MR. K KH") == (nil, "MR. K K"))
        #expect(try #require(Bank("UOBT")).shownNames(th: "นาย ก ข", en: "MR. K KH") == (nil, "MR. K K"))
        #expect(Bank("999") == nil)
    }
}

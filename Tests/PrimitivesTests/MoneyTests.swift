import Primitives
import Testing

@Suite("Amounts of money")
struct MoneyTests {
    @Test func written() throws {
        let price = try #require(Money(decimal: "345.5", .baht))
        #expect(price.hundredths == 34_550 && price.decimal == "345.50" && !price.isZero)
        #expect(Money(decimal: "-1", .baht) == nil && Money(decimal: "1.001", .baht) == nil)
        #expect(Money(hundredths: -1, .baht) == nil)
        #expect(Money(hundredths: Money.maxHundredths + 1, .philippinePeso) == nil)
    }

    @Test("Currencies do not mix")
    func currencies() throws {
        let baht = try #require(Money(decimal: "1", .baht))
        let peso = try #require(Money(decimal: "1", .philippinePeso))
        #expect(baht != peso && baht.adding(peso) == nil && baht.subtracting(peso) == nil)
        #expect(baht.satang?.count == 100 && peso.satang == nil)
        #expect(Money(try #require(Satang(100))) == baht)
        #expect(
            Currency(code: "thb") == .baht && Currency(code: "PHP") == .philippinePeso && Currency(code: "USD") == nil)
    }

    @Test("Sums and differences stay in their bounds")
    func sums() throws {
        let one = try #require(Money(decimal: "0.01", .baht))
        let most = try #require(Money(hundredths: Money.maxHundredths, .baht))
        #expect(most.adding(one) == nil && most.subtracting(one)?.adding(one) == most)
        #expect(one.subtracting(most) == nil && one.subtracting(one)?.isZero == true)
    }
}

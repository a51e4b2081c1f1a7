import Primitives
import Testing

@testable import Domain

@Suite("A platform's fee")
struct PlatformFeeTests {
    @Test(
        "Of the amount, half a hundredth upwards",
        arguments: [
            (34_500, 0, 0), (34_500, 250, 863), (1, 5_000, 1), (1, 4_999, 0), (3, 5_000, 2), (34_500, 10_000, 34_500),
            (9_999_999_999, 1, 1_000_000), (9_999_999_999, 9_999, 9_998_999_999),
            (Money.maxHundredths, 10_000, Money.maxHundredths), (Money.maxHundredths, 3_333, 333_300_000_000_000),
        ] as [(Int64, Int64, Int64)])
    func split(amount: Int64, points: Int64, expected: Int64) throws {
        let money = try #require(Money(hundredths: amount, .philippinePeso))
        let (fee, rest) = try #require(PlatformFee(basisPoints: points)).split(money)
        #expect(fee.hundredths == expected)
        #expect(fee.adding(rest) == money, "nothing is lost between them")
    }

    @Test("Only from nothing to all of it", arguments: [-1, 10_001, Int64.max, Int64.min])
    func bounds(points: Int64) { #expect(PlatformFee(basisPoints: points) == nil) }
}

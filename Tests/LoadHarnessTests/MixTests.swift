import JSON
import Primitives
import Testing

@testable import LoadHarness

@Suite struct MixTests {
    private enum Fruit: String, CaseIterable {
        case apple, pear, plum
    }

    /// Says the same number again and again: a share of 2^64.
    private struct Share: RandomSource {
        let share: Double

        func bytes(_ count: Int) -> [UInt8] {
            let word = UInt64(share * 18_446_744_073_709_549_568)
            return (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * ($0 % 8))) }
        }
    }

    private static func mix(_ settings: JSONObject) throws(LoadFailure) -> Mix<Fruit> {
        var fields = ScenarioFields(settings, at: "/groups/0/settings")
        return try Mix("mix", of: &fields, default: .pear)
    }

    @Test func isTheFallbackWhenNothingIsSaid() throws {
        let mix = try Self.mix([:])
        #expect(mix.choices == [.pear] && mix.pick(Share(share: 0)) == .pear && mix.pick(Share(share: 1)) == .pear)
    }

    @Test(arguments: [(0.0, "apple"), (0.24, "apple"), (0.26, "plum"), (0.99, "plum"), (1, "plum")])
    func picksInProportion(_ share: Double, _ fruit: String) throws {
        let mix = try Self.mix(["mix": ["apple": 1, "pear": 0, "plum": 3]])
        #expect(mix.choices == [.apple, .plum])
        #expect(mix.pick(Share(share: share)).rawValue == fruit)
    }

    @Test(arguments: [
        (#"{"apple": 0}"#, "mix"), ("{}", "mix"), (#"{"cherry": 1}"#, "mix/cherry"), (#"{"plum": -1}"#, "mix/plum"),
        ("3", "mix"),
    ])
    func saysWhatIsWrongAndWhere(_ text: String, _ place: String) throws {
        let settings: JSONObject = ["mix": try JSONParser.parse(text)]
        do throws(LoadFailure) {
            _ = try Self.mix(settings)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.kind == .usage && error.text.hasPrefix("/groups/0/settings/\(place):"), "\(error.text)")
        }
    }
}

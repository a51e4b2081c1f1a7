import Primitives
import TestSupport
import Testing

@testable import TLS

@Suite("Keys of session tickets (RFC 5077 §4)")
struct TicketKeysTests {
    private let time = VirtualTime()

    private func keys() -> TicketKeys { TicketKeys(time: time, random: SeededSource(seed: 7)) }

    @Test func aKeySealsForItsTimeOnly() {
        let keys = keys()
        let first = keys.current.name
        time.advance(by: TicketKeys.maxAge - .seconds(1))
        #expect(keys.current.name == first)
        time.advance(by: .seconds(1))
        #expect(keys.current.name != first)
    }

    @Test func theKeyBeforeStillOpensAndAsksForRenewal() throws {
        let keys = keys()
        let first = keys.current
        #expect(try #require(keys.key(named: first.name)).isCurrent)
        time.advance(by: TicketKeys.maxAge)
        let found = try #require(keys.key(named: first.name))
        #expect(!found.isCurrent && found.key.encryption == first.encryption)
    }

    @Test func afterTwiceItsTimeAKeyIsGone() {
        let keys = keys()
        let first = keys.current.name
        time.advance(by: TicketKeys.maxAge)
        _ = keys.current
        time.advance(by: TicketKeys.maxAge)
        #expect(keys.key(named: first) == nil)
    }

    @Test func aKeyThatNobodyUsedInTheMeantimeIsGoneToo() {
        let keys = keys()
        let first = keys.current.name
        time.advance(by: TicketKeys.maxAge * 2)
        #expect(keys.key(named: first) == nil)
    }

    @Test func aForeignNameOpensNothing() {
        #expect(keys().key(named: [UInt8](repeating: 0, count: 16)) == nil)
    }

    @Test func keysHaveTheSizesOfTheirAlgorithms() {
        let key = keys().current
        #expect(key.name.count == 16 && key.encryption.count == 32 && key.authentication.count == 32)
        #expect(key.encryption != key.authentication)
    }
}

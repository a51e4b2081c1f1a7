import Authentication
import Primitives
import Testing
import WireProtocol

@Suite("Revocation")
struct RevocationListTests {
    private let now = TokenFixture.now
    private func token(_ number: Int) -> TokenIdentifier { TokenIdentifier(tenant: "jeco", jti: "t-\(number)") }

    @Test("A revoked token stays revoked for as long as the largest skew could accept it")
    func lifetime() throws {
        var list = RevocationList()
        try list.revoke(token(1), expires: now.advanced(by: .seconds(10)), at: now)
        #expect(list.isRevoked(token(1)))
        #expect(!list.isRevoked(token(2)))
        list.prune(at: now.advanced(by: .seconds(69)))
        #expect(list.isRevoked(token(1)))
        list.prune(at: now.advanced(by: .seconds(70)))
        #expect(!list.isRevoked(token(1)))
        #expect(list.count == 0)
    }

    @Test("Revoking twice keeps the later end")
    func twice() throws {
        var list = RevocationList()
        try list.revoke(token(1), expires: now.advanced(by: .seconds(100)), at: now)
        try list.revoke(token(1), expires: now.advanced(by: .seconds(10)), at: now)
        list.prune(at: now.advanced(by: .seconds(90)))
        #expect(list.isRevoked(token(1)))
        #expect(list.count == 1)
    }

    @Test("A token that is over anyway takes no room")
    func over() throws {
        var list = RevocationList()
        try list.revoke(token(1), expires: now.advanced(by: .seconds(-60)), at: now)
        #expect(list.count == 0)
    }

    @Test("A full list refuses, forgets nothing that lives, and takes new entries once old ones are over")
    func full() throws {
        var configuration = RevocationList.Configuration()
        configuration.maxEntries = 10
        var list = RevocationList(configuration: configuration)
        for number in 0..<10 {
            try list.revoke(token(number), expires: now.advanced(by: .seconds(number)), at: now)
        }
        #expect(throws: Fault(.overloaded)) { try list.revoke(token(10), expires: now, at: now) }
        #expect((0..<10).allSatisfy { list.isRevoked(token($0)) })
        let later = now.advanced(by: .seconds(63))
        try list.revoke(token(10), expires: later, at: later)
        #expect(list.isRevoked(token(10)))
        #expect((4..<10).allSatisfy { list.isRevoked(token($0)) })
        #expect(list.count == 7)
    }

    @Test("A token is found by what its verification says")
    func verified() throws {
        let principal = try TokenFixture().verifier.verify(TokenFixture.token(), at: now)
        var list = RevocationList()
        try list.revoke(principal.tokenIdentifier, expires: principal.expires, at: now)
        let again = try TokenFixture().verifier.verify(TokenFixture.token(), at: now)
        #expect(list.isRevoked(again.tokenIdentifier))
        let text = principal.tokenIdentifier.text
        #expect(list.isRevoked(try #require(TokenIdentifier(stored: text))))
        #expect(text.utf8.count == 43 && TokenIdentifier(stored: String(text.dropLast(2))) == nil)
    }
}

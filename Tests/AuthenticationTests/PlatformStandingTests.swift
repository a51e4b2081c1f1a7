import Authentication
import JSON
import Testing

@Suite("What a platform's token says besides the role")
struct PlatformStandingTests {
    private func standing(_ more: JSONObject) throws -> PlatformStanding? {
        var claims = TokenFixture.claims
        for claim in more.members { claims[claim.name] = claim.value }
        let token = try TokenFixture.token(claims: claims)
        return try TokenFixture().verifier.verify(token, at: TokenFixture.now).standing
    }

    @Test("Menus and permissions as names, or as objects that have one")
    func forms() throws {
        #expect(try standing([:]) == nil)
        let read = try standing([
            "menuPermissions": ["Chat", ["id": 2, "name": "Logs"]], "permissions": ["READ:ActivityLog"],
            "email": "user@example.com", "name": "มานี",
        ])
        #expect(
            read
                == PlatformStanding(
                    menus: ["Chat", "Logs"], permissions: ["READ:ActivityLog"], email: "user@example.com", name: "มานี"))
        #expect(PlatformStanding(menus: ["Chat"]) != PlatformStanding(menus: ["Chat"], email: "user@example.com"))
    }

    @Test("What is not in the form gives nothing, and the token is as good as without it")
    func malformed() throws {
        let long = String(repeating: "x", count: PlatformStanding.maxTextBytes + 1)
        #expect(
            try standing([
                "menuPermissions": "Chat", "permissions": ["READ": true], "email": 7, "name": .string(long),
            ]) == nil)
        let mixed = try standing(["menuPermissions": [1, "", .string(long), ["title": "x"], "Chat", .null]])
        #expect(mixed == PlatformStanding(menus: ["Chat"]))
        let many = (0..<200).map { JSONValue.string("m\($0)") }
        #expect(try standing(["menuPermissions": .array(many)])?.menus.count == PlatformStanding.maxItems)
    }

    @Test("What a token is signed with is what is read of it")
    func roundTrip() throws {
        let given = PlatformStanding(
            menus: ["Chat", "Log"], permissions: ["SYNC:Data"], email: "a@b.example", name: "ก")
        #expect(try standing(given.claims) == given)
        #expect(PlatformStanding().claims.members.isEmpty)
    }
}

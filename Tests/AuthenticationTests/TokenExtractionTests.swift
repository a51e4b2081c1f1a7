import Authentication
import Primitives
import Testing
import WireProtocol

@Suite("Where a token may stand (RFC 6750 §2)")
struct TokenExtractionTests {
    private func extract(_ request: TokenExtraction.Request) -> (token: String, place: TokenExtraction.Place)? {
        do {
            return try TokenExtraction.extract(from: request).map { ($0.token.reveal(), $0.place) }
        } catch {
            return nil
        }
    }

    private func code(_ request: TokenExtraction.Request) -> FaultCode? {
        do throws(Fault) {
            _ = try TokenExtraction.extract(from: request)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("A request without any has none")
    func none() throws {
        #expect(try TokenExtraction.extract(from: .init()) == nil)
        let request = TokenExtraction.Request(
            cookie: ["token=a.b.c; accesstoken=a.b.c; xaccessToken=a.b.c; accessToken; "],
            webSocketProtocol: ["sala.v1.json", "Sala.Bearer.a.b.c"], origin: .allowed)
        #expect(try TokenExtraction.extract(from: request) == nil)
    }

    @Test("The Authorization header is read, its scheme in any case", arguments: ["Bearer", "bearer", "BEARER"])
    func authorization(scheme: String) throws {
        let found = try #require(extract(.init(authorization: ["\(scheme) a.b-_.c"])))
        #expect(found == ("a.b-_.c", .authorization))
    }

    @Test(
        "A doubtful Authorization header is 2100",
        arguments: [
            [""], ["Bearer"], ["Bearer "], ["Bearer  a.b.c"], ["Bearer a.b.c "], ["Bearer\ta.b.c"], ["Basic dTpw"],
            ["a.b.c"], ["Bearer a.b.c, Bearer d.e.f"], ["Bearer a.b.c\0"], ["Bearer a.b.c\r\nX: y"], ["Bearer é.b.c"],
            ["Bearer \"a.b.c\""], ["Bearer a.b.c", "Bearer a.b.c"], ["Bearer a.b.c", "Basic dTpw"], ["Bearer a+b=="],
            ["Bearer\u{301} a.b.c"],
        ])
    func doubtfulAuthorization(values: [String]) {
        #expect(code(.init(authorization: values)) == .unauthenticated)
    }

    @Test(
        "The sub-protocol is found among others",
        arguments: [
            ["sala.bearer.a.b.c"], ["sala.v1.json, sala.bearer.a.b.c"], ["sala.v1.json", "sala.bearer.a.b.c"],
            ["sala.bearer.a.b.c,sala.v1.json"], ["sala.v1.json ,\tsala.bearer.a.b.c "],
        ])
    func subprotocol(values: [String]) throws {
        #expect(try #require(extract(.init(webSocketProtocol: values))) == ("a.b.c", .subprotocol))
    }

    @Test(
        "A doubtful sub-protocol is 2100",
        arguments: [
            ["sala.bearer."], ["sala.bearer.a.b.c, sala.bearer.a.b.c"], ["sala.bearer.a", "sala.bearer.b"],
            ["sala.bearer.a b"], ["sala.bearer.a;b"], ["sala.bearer.\u{301}a"],
        ])
    func doubtfulSubprotocol(values: [String]) {
        #expect(code(.init(webSocketProtocol: values)) == .unauthenticated)
    }

    @Test(
        "The cookie is taken from an allowed page",
        arguments: [
            ["accessToken=a.b.c"], ["theme=dark; accessToken=a.b.c; lang=th"], ["theme=dark", "accessToken=a.b.c"],
            ["accessToken = a.b.c ;x=y"],
        ])
    func cookie(values: [String]) throws {
        #expect(try #require(extract(.init(cookie: values, origin: .allowed))) == ("a.b.c", .cookie))
        #expect(code(.init(cookie: values, origin: .refused)) == .originRefused)
        #expect(code(.init(cookie: values, origin: .absent)) == .originRefused)
    }

    @Test(
        "A doubtful cookie is 2100",
        arguments: [
            ["accessToken="], ["accessToken=\"a.b.c\""], ["accessToken=a.b.c; accessToken=d.e.f"],
            ["accessToken=a.b.c", "accessToken=a.b.c"], ["accessToken=a b"], ["accessToken=a=b"],
        ])
    func doubtfulCookie(values: [String]) {
        #expect(code(.init(cookie: values, origin: .allowed)) == .unauthenticated)
    }

    @Test("What the client says itself counts before the browser's cookie, and in two places it is a doubt")
    func precedence() throws {
        let cookie = ["accessToken=c.c.c"]
        let both = TokenExtraction.Request(
            authorization: ["Bearer a.a.a"], cookie: cookie, webSocketProtocol: [], origin: .refused)
        #expect(try #require(extract(both)) == ("a.a.a", .authorization))
        let socket = TokenExtraction.Request(
            cookie: cookie, webSocketProtocol: ["sala.bearer.s.s.s"], origin: .allowed)
        #expect(try #require(extract(socket)) == ("s.s.s", .subprotocol))
        let two = TokenExtraction.Request(authorization: ["Bearer a.a.a"], webSocketProtocol: ["sala.bearer.a.a.a"])
        #expect(code(two) == .unauthenticated)
        // A refused explicit token is not replaced by the cookie.
        #expect(code(.init(authorization: ["Basic dTpw"], cookie: cookie, origin: .allowed)) == .unauthenticated)
    }

    @Test("A token found shows nothing of itself")
    func secrecy() throws {
        let found = try #require(try TokenExtraction.extract(from: .init(authorization: ["Bearer canary"])))
        var dumped = ""
        dump(found, to: &dumped)
        #expect(!"\(found) \(dumped)".contains("canary"))
    }
}

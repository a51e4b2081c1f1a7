import HTTP1
import Testing

@Suite("Router")
struct RouterTests {
    private let router: Router<String> = {
        var router = Router<String>()
        router.add(.get, "/", "root")
        router.add(.get, "/health", "health")
        router.add(.get, "/v1/sessions/{kind}/{id}", "snapshot")
        router.add(.put, "/v1/sessions/{kind}/{id}", "create")
        router.add(.get, "/v1/sessions/{kind}/{id}/log", "log")
        router.add(.post, "/v1/sessions/{kind}/special", "special")
        router.add(.get, "/v1/sessions/order/{id}/map", "map")
        router.add(.get, "/orders/{number:integer}", "number")
        router.add(.get, "/orders/{name}", "name")
        router.add(.get, "/console/{rest...}", "static")
        router.add(.get, "/console/live", "live")
        router.add(.head, "/health", "pulse")
        router.add(.other("REPORT"), "/report", "report")
        return router
    }()

    private func found(_ method: HTTPMethod, _ path: String) throws -> (String, PathParameters)? {
        guard case .found(let route, let parameters) = router.match(method, try HTTPPath(path)) else { return nil }
        return (route, parameters)
    }

    @Test("Literals match exactly")
    func literals() throws {
        #expect(try found(.get, "/")?.0 == "root")
        #expect(try found(.get, "/health")?.0 == "health")
        #expect(router.match(.get, try HTTPPath("/Health")) == .notFound)
        #expect(router.match(.get, try HTTPPath("/health/")) == .notFound)
        #expect(router.match(.get, try HTTPPath("//health")) == .notFound)
        #expect(router.match(.get, try HTTPPath("/v1/sessions")) == .notFound)
        #expect(router.match(.get, try HTTPPath("/v1/sessions/order/1/log/x")) == .notFound)
    }

    @Test("Parameters take one decoded segment each, never an empty one")
    func parameters() throws {
        let (route, parameters) = try #require(try found(.get, "/v1/sessions/line-oa/%E0%B8%AA%20a/log"))
        #expect(route == "log")
        #expect(parameters["kind"] == "line-oa")
        #expect(parameters["id"] == "\u{E2A} a")
        #expect(parameters["missing"] == nil)
        #expect(router.match(.get, try HTTPPath("/v1/sessions//1")) == .notFound)
        #expect(router.match(.get, try HTTPPath("/v1/sessions/order/")) == .notFound)
    }

    @Test("A literal wins over a parameter, and a dead end goes back to the parameter")
    func precedence() throws {
        #expect(try found(.get, "/v1/sessions/order/7/map")?.0 == "map")
        let (route, parameters) = try #require(try found(.get, "/v1/sessions/order/7/log"))
        #expect(route == "log")
        #expect(parameters["kind"] == "order")
        #expect(parameters["id"] == "7")
        #expect(try found(.post, "/v1/sessions/order/special")?.0 == "special")
        #expect(try found(.get, "/v1/sessions/order/special")?.0 == "snapshot")
    }

    @Test("An integer parameter takes what fits, text the rest")
    func integers() throws {
        let (route, parameters) = try #require(try found(.get, "/orders/9223372036854775807"))
        #expect(route == "number")
        #expect(parameters.integer("number") == .max)
        for path in ["/orders/9223372036854775808", "/orders/-1", "/orders/+1", "/orders/1a", "/orders/a"] {
            let (route, parameters) = try #require(try found(.get, path))
            #expect(route == "name")
            #expect(parameters["name"] == String(path.dropFirst(8)))
        }
    }

    @Test("A rest takes what is left, and can never climb or become absolute")
    func rest() throws {
        #expect(try found(.get, "/console/")?.1["rest"] == "")
        #expect(try found(.get, "/console/a/b.js")?.1["rest"] == "a/b.js")
        #expect(try found(.get, "/console/a/")?.1["rest"] == "a/")
        #expect(try found(.get, "/console/live")?.0 == "live")
        #expect(try found(.get, "/console/live/x")?.0 == "static")
        #expect(router.match(.get, try HTTPPath("/console")) == .notFound)
        #expect(router.match(.get, try HTTPPath("/console//etc/passwd")) == .notFound)
        #expect(router.match(.get, try HTTPPath("/console/a//b")) == .notFound)
        #expect(throws: HTTPViolation.unsafePath) { try HTTPPath("/console/../x") }
    }

    @Test("HEAD is served by GET unless it has a route of its own")
    func head() throws {
        #expect(try found(.head, "/")?.0 == "root")
        #expect(try found(.head, "/console/a")?.0 == "static")
        #expect(try found(.head, "/health")?.0 == "pulse")
        #expect(router.match(.head, try HTTPPath("/report")) == .methodNotAllowed(allow: [.other("REPORT")]))
    }

    @Test("A method that no matching pattern has is answered with those that they have")
    func methodNotAllowed() throws {
        #expect(router.match(.delete, try HTTPPath("/health")) == .methodNotAllowed(allow: [.get, .head]))
        #expect(
            router.match(.delete, try HTTPPath("/v1/sessions/order/special"))
                == .methodNotAllowed(allow: [.get, .head, .post, .put]))
        #expect(router.match(.other("get"), try HTTPPath("/")) == .methodNotAllowed(allow: [.get, .head]))
    }

    @Test(
        "A malformed pattern does not exist",
        arguments: [
            "", "a", "/{", "/{}", "/}", "/a{b}", "/{a}b", "/{a}/{a}", "/{a...}/b", "/{a:date}", "/{a b}", "/{...}",
            "/{a..}",
        ])
    func pattern(_ text: String) {
        #expect(PathPattern(text) == nil)
    }
}

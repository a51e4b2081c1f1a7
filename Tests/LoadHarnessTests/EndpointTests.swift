import Testing

@testable import LoadHarness

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "A URL says where the server is, and whether it speaks TLS",
        arguments: [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, false, "127.0.0.1:8080"),
            ("ws://127.0.0.1", "127.0.0.1", 80, false, "127.0.0.1:80"),
            ("https://127.0.0.1/", "127.0.0.1", 443, true, "127.0.0.1:443"),
            ("wss://[::1]:8443", "::1", 8443, true, "[::1]:8443"),
            ("ws://[::1]", "::1", 80, false, "[::1]:80"),
        ])
    func forms(_ url: String, host: String, port: Int, isSecure: Bool, authority: String) throws {
        let endpoint = try Endpoint(url: url)
        #expect(endpoint.host == host && endpoint.address == host && Int(endpoint.port) == port)
        #expect((endpoint.security != nil) == isSecure && endpoint.authority == authority)
    }

    @Test("A name is looked up, and stays the name that the certificate must have")
    func name() throws {
        let endpoint = try Endpoint(url: "http://localhost:1")
        #expect(endpoint.host == "localhost" && ["127.0.0.1", "::1"].contains(endpoint.address))
        #expect(endpoint.authority == "localhost:1")
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://:80", "http://127.0.0.1:", "http://127.0.0.1:0",
            "http://127.0.0.1:65536", "http://127.0.0.1:-1", "http://a b", "http://user@127.0.0.1",
            "http://127.0.0.1/v1",
            "http://127.0.0.1?x", "http://::1", "http://[::1", "http://[::1]8080", "http://[127.0.0.1]", "http://[]:1",
        ])
    func refusals(_ url: String) throws {
        #expect(throws: LoadFailure.self) { try Endpoint(url: url) }
    }

    @Test("Authorities that cannot be read are wrong usage")
    func authorities() throws {
        let failure = #expect(throws: LoadFailure.self) {
            _ = try Endpoint(url: "https://127.0.0.1", authorities: "/that/is/not/there.pem")
        }
        #expect(failure?.kind == .usage)
    }
}

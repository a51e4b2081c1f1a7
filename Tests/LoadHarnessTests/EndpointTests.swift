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

    @Test("A server of this machine is reached from as many addresses as the connections need")
    func sources() throws {
        #expect(try Endpoint(url: "http://[::1]:1").sources == nil)
        let sources = LoopbackSources(process: 70_000)
        let addresses = (0..<30_000).map { _ in sources.next() }
        #expect(addresses.first == "127.19.112.1" && addresses[9_999] == "127.19.112.1")
        #expect(addresses[10_000] == "127.19.112.2" && addresses.last == "127.19.112.3")
        #expect(LoopbackSources(process: 70_001).next() == "127.19.113.1")
        #expect(try Endpoint(url: "http://127.0.0.1:1").sources?.next().hasPrefix("127.") == true)
    }

    @Test("Authorities that cannot be read are wrong usage")
    func authorities() throws {
        let failure = #expect(throws: LoadFailure.self) {
            _ = try Endpoint(url: "https://127.0.0.1", authorities: "/that/is/not/there.pem")
        }
        #expect(failure?.kind == .usage)
    }
}

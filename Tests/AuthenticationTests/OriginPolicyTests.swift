import Authentication
import Testing

@Suite("Origin (RFC 6454 §4, §7)")
struct OriginPolicyTests {
    private func policy() throws -> OriginPolicy {
        OriginPolicy(
            allowing: try [
                "http://localhost:8080", "https://jeco.example", "http://plain.example", "http://[::1]:8080",
            ]
            .map { try #require(Origin($0)) })
    }

    @Test(
        "The same origin in another spelling is allowed",
        arguments: [
            "http://localhost:8080", "HTTP://localhost:8080", "http://LOCALHOST:8080", "https://jeco.example",
            "https://jeco.example:443", "https://JECO.Example", "http://plain.example:80", "http://[::1]:8080",
        ])
    func allowed(text: String) throws {
        #expect(try policy().verdict(on: [text]) == .allowed)
    }

    @Test(
        "Look-alikes and what is no origin are refused",
        arguments: [
            "", "null", "NULL", "file://", "*", "http://localhost:8080.evil.example", "http://localhost:80801",
            "http://localhost", "http://localhost:80", "http://localhost:", "http://localhost:08080",
            "http://localhost:+8080", "http://localhost:8080/", "http://localhost:8080/path", "http://localhost:8080?x",
            "http://localhost:8080#x", "http://localhost:8080@evil.example", "http://evil.example@localhost:8080",
            "http://user:pass@localhost:8080", "http://localhost.:8080", "http://.localhost:8080",
            "https://localhost:8080", "ws://localhost:8080", "//localhost:8080", "localhost:8080",
            "http://evil.example/http://localhost:8080", "http://localhost:8080 http://evil.example",
            "http://localhost:8080,http://evil.example", " http://localhost:8080", "http://localhost:8080 ",
            "http://localhost:8080\0", "http://localhost\\:8080", "http://localhost%3A8080", "http:/localhost:8080",
            "https://jeco.example.evil.example", "https://eviljeco.example", "https://evil.example",
            "https://sub.jeco.example", "https://jeco.example:80", "http://jeco.example", "https://jeco_example",
            "https://jeco.examp\u{0142}e", "https://\u{FF4A}eco.example", "https://jeco.e\u{301}xample",
            "http://[::1]", "http://[::1:8080", "http://[]:8080", "http://::1:8080", "http://[::1]8080",
            "http://localhost:65536", "http://localhost:73616", "https://", "http://:8080",
            "https://" + String(repeating: "a", count: 300),
        ])
    func refused(text: String) throws {
        #expect(try policy().verdict(on: [text]) == .refused)
    }

    @Test("Without the header there is no verdict; with two of them it is refused")
    func count() throws {
        #expect(try policy().verdict(on: []) == .absent)
        #expect(try policy().verdict(on: ["https://jeco.example", "https://jeco.example"]) == .refused)
        #expect(try policy().verdict(on: ["https://jeco.example", "null"]) == .refused)
    }

    @Test("An empty list allows nobody")
    func empty() {
        #expect(OriginPolicy(allowing: []).verdict(on: ["https://jeco.example"]) == .refused)
    }

    @Test func aTenantsPageSpeaksForThatTenantOnly() throws {
        let policy = OriginPolicy(
            allowing: [try #require(Origin("http://localhost:8080"))],
            tenants: [
                "jeco": [try #require(Origin("https://jeco.example"))],
                "company_a": [try #require(Origin("https://a.example"))],
            ])
        #expect(policy.verdict(on: ["https://jeco.example"], tenant: "jeco") == .allowed)
        #expect(policy.verdict(on: ["https://a.example"], tenant: "jeco") == .refused)
        #expect(policy.verdict(on: ["https://a.example"], tenant: "company_a") == .allowed)
        #expect(policy.verdict(on: ["https://a.example"], tenant: "nobody") == .refused)
        for origin in ["https://a.example", "https://jeco.example", "http://localhost:8080"] {
            #expect(policy.verdict(on: [origin]) == .allowed, "by the lists of all")
        }
        for tenant in ["jeco", "company_a", "nobody"] {
            #expect(policy.verdict(on: ["http://localhost:8080"], tenant: tenant) == .allowed, "the server's own")
            #expect(policy.verdict(on: [], tenant: tenant) == .absent)
            #expect(policy.verdict(on: ["null"], tenant: tenant) == .refused)
        }
    }
}

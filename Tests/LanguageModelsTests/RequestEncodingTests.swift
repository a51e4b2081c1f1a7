import JSON
import Ports
import Primitives
import Testing

@testable import LanguageModels

@Suite("Requests and schemas (OpenAI, Anthropic, Gemini)")
struct RequestEncodingTests {
    @Test("every neutral request becomes the provider's", arguments: ["openai", "anthropic", "gemini"])
    func requests(_ provider: String) throws {
        let dialect = try Vectors.dialect(provider)
        for vector in try Vectors.list("requests", "requests") {
            let request = try Vectors.request(try #require(vector["input"]))
            let body = try JSONParser.parse(dialect.parts(of: request).body)
            let expected = try #require(vector["expect"]?[provider])
            #expect(sorted(body) == sorted(expected), "\(vector["name"]?.string ?? "")")
        }
    }

    @Test("schemas are translated")
    func schemas() throws {
        for vector in try Vectors.list("schemas", "schemas") {
            let input = try #require(vector["input"])
            let name = vector["name"]?.string ?? ""
            let strict = try #require(vector["expect"]?["strict"])
            let openAPI = try #require(vector["expect"]?["openapi"])
            #expect(sorted(StrictSchema.translate(input)) == sorted(strict), "\(name)")
            #expect(sorted(OpenAPISchema.translate(input)) == sorted(openAPI), "\(name)")
        }
    }

    @Test("URLs and headers are the documented ones, and the key shows nowhere else")
    func parts() throws {
        let request = ModelRequest(
            system: "", turns: [.user("hi")], temperature: 0, maxOutputTokens: 10, tools: [], timeout: .seconds(30))
        var openai = OpenAIDialect.Configuration(model: "m", key: Secret("top-secret"))
        openai.baseURL = "http://127.0.0.1:8090/openai/v1"
        var anthropic = AnthropicDialect.Configuration(model: "m", key: Secret("top-secret"))
        anthropic.baseURL = "http://127.0.0.1:8090/anthropic"
        var gemini = GeminiDialect.Configuration(model: "m", key: Secret("top-secret"))
        gemini.baseURL = "http://127.0.0.1:8090/gemini/v1beta"
        let cases: [(any ProviderDialect, String, String, String)] = [
            (
                OpenAIDialect(openai), "http://127.0.0.1:8090/openai/v1/chat/completions", "Authorization",
                "Bearer top-secret"
            ),
            (AnthropicDialect(anthropic), "http://127.0.0.1:8090/anthropic/v1/messages", "x-api-key", "top-secret"),
            (
                GeminiDialect(gemini), "http://127.0.0.1:8090/gemini/v1beta/models/m:streamGenerateContent?alt=sse",
                "x-goog-api-key", "top-secret"
            ),
        ]
        for (dialect, url, name, value) in cases {
            let parts = dialect.parts(of: request)
            #expect(parts.url == url)
            #expect(parts.headers.first { $0.name == name }?.value == value)
            #expect(parts.headers.contains { $0 == ("Content-Type", "application/json") })
            #expect(!"\(parts)".contains("top-secret"))
            #expect(!String(reflecting: parts).contains("top-secret"))
            #expect(!String(reflecting: dialect).contains("top-secret"))
        }
    }

    @Test("models that refuse a temperature get none")
    func noTemperature() {
        var configuration = OpenAIDialect.Configuration(model: "m", key: Secret("k"))
        configuration.sendsTemperature = false
        let request = ModelRequest(
            system: "", turns: [.user("hi")], temperature: 0.5, maxOutputTokens: 10, tools: [], timeout: .seconds(30))
        #expect(OpenAIDialect(configuration).body(request)["temperature"] == nil)
    }

    @Test(
        "tokens are estimated: four ASCII bytes or two other characters each",
        arguments: [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("สวัสดี", 3), ("ก", 1), ("😀😀", 1), ("ab ก", 2)])
    func estimate(_ text: String, _ tokens: Int64) { #expect(TokenEstimate.tokens(in: text) == tokens) }

    /// Objects by name, numbers as doubles, so that order and form do not matter.
    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var out = JSONObject()
            for member in object.members.sorted(by: { $0.name < $1.name }) { out[member.name] = sorted(member.value) }
            return .object(out)
        case .array(let items): return .array(items.map(sorted))
        case .integer(let number): return .double(Double(number))
        case .null, .bool, .double, .string: return value
        }
    }
}

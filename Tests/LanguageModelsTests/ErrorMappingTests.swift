import JSON
import Ports
import Primitives
import Testing

@testable import LanguageModels

@Suite("Error answers (OpenAI, Anthropic, Gemini)")
struct ErrorMappingTests {
    @Test("every recorded error answer means what its provider says")
    func vectors() throws {
        let now = try Vectors.load("errors")["wallClock"]?.string ?? ""
        let wallClock = try #require(Timestamp(rfc3339: now))
        let request = ModelRequest(
            system: "", turns: [.user("hi")], temperature: 0, maxOutputTokens: 10, tools: [], timeout: .seconds(30))
        for vector in try Vectors.list("errors", "errors") {
            let provider = try #require(vector["provider"]?.string)
            let input = try #require(vector["input"])
            let headers = input["headers"]
            let failure = try Vectors.dialect(provider).decoder(for: request, limits: ReplyLimits()).failure(
                status: Int(try #require(input["status"]?.integer)),
                retryAfter: RetryAfter.delay(
                    milliseconds: headers?["retry-after-ms"]?.string, retryAfter: headers?["retry-after"]?.string,
                    wallClock: wallClock),
                shouldRetry: headers?["x-should-retry"]?.string,
                body: Array(try #require(input["body"]?.string).utf8))
            let expected = try Vectors.failure(try #require(vector["expect"]))
            #expect(failure == expected, "\(provider): \(vector["name"]?.string ?? "")")
        }
    }

}

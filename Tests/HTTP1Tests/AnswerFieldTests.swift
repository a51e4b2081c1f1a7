import HTTP1
import Testing

@Suite("Fields of an answer (RFC 9110)")
struct AnswerFieldTests {
    @Test func varyIsOneListWithoutRepetition() {
        var headers: HTTPHeaders = [:]
        headers.vary(on: "Origin")
        #expect(headers.all("Vary") == ["Origin"])
        headers.vary(on: "origin")
        headers.vary(on: "Accept-Encoding")
        #expect(headers.all("Vary") == ["Origin, Accept-Encoding"])
        headers = ["Vary": "*"]
        headers.vary(on: "Origin")
        #expect(headers.all("Vary") == ["*"])
    }

    @Test func defaultsDoNotReplaceWhatTheAnswerSays() {
        var headers: HTTPHeaders = ["content-security-policy": "default-src 'self'"]
        headers.complete(with: .defensive)
        #expect(headers.all("Content-Security-Policy") == ["default-src 'self'"])
        #expect(headers.first("Cache-Control") == "no-store")
    }

    @Test(
        "A tag is known by weak comparison (§13.1.2)",
        arguments: [
            (#""a""#, true), (#"W/"a""#, true), ("*", true), (" * ", true), (#""b", "a""#, true),
            (#""b" , W/"a" "#, true),
            (#","a","#, true), (#""x,y","a""#, true), (#""b""#, false), (#""b,a""#, false), ("a", false), ("", false),
            (#""a"#, false), (#"w/"a""#, false), (#""A""#, false), (#""b" "a""#, false), (#"x, "a""#, false),
            (#""b", *"#, false),
        ])
    func knownTag(condition: String, isKnown: Bool) {
        #expect(EntityTag.isKnown(#""a""#, in: [condition]) == isKnown)
        #expect(EntityTag.isKnown(#"W/"a""#, in: [condition]) == isKnown)
    }

    @Test func everyFieldLineCounts() {
        #expect(EntityTag.isKnown(#""a""#, in: [#""b""#, #""a""#]))
        #expect(!EntityTag.isKnown(#""a""#, in: []))
    }
}

import HTTP1
import Testing

@Suite("Header fields (RFC 9110 §5)")
struct HTTPHeadersTests {
    @Test("Names compare without regard to case and keep theirs")
    func names() {
        var headers: HTTPHeaders = ["Content-Type": "text/plain", "X-A": "1"]
        headers.add("x-a", "2")
        #expect(headers.first("CONTENT-TYPE") == "text/plain")
        #expect(headers.all("X-a") == ["1", "2"])
        #expect(headers.fields.map(\.name) == ["Content-Type", "X-A", "x-a"])
        #expect(headers.contains("x-A"))
        #expect(headers.first("missing") == nil)
        #expect(headers.all("missing").isEmpty)
        #expect(headers == ["content-type": "text/plain", "x-a": "1", "X-A": "2"])
        #expect(headers != ["content-type": "Text/plain", "x-a": "1", "X-A": "2"])
    }

    @Test("Setting replaces every field of that name, removing drops them")
    func set() {
        var headers: HTTPHeaders = ["A": "1", "B": "2", "a": "3"]
        headers.set("a", "4")
        #expect(headers == ["B": "2", "a": "4"])
        headers.remove("b")
        #expect(headers == ["a": "4"])
        headers.remove("A")
        #expect(headers.isEmpty)
    }

    @Test("A list element is found in any field of the name, in any case, between any white space")
    func tokens() {
        let headers: HTTPHeaders = ["Connection": "keep-alive ,\t Upgrade", "connection": ",x,", "Other": "close"]
        #expect(headers.hasToken("upgrade", in: "Connection"))
        #expect(headers.hasToken("Keep-Alive", in: "connection"))
        #expect(headers.hasToken("X", in: "connection"))
        #expect(!headers.hasToken("close", in: "connection"))
        #expect(!headers.hasToken("grade", in: "connection"))
        #expect(!headers.hasToken("", in: "connection"))
        #expect(!headers.hasToken("upgrade", in: "missing"))
        #expect(headers.list("connection") == ["keep-alive", "Upgrade", "x"])
    }

    @Test("A control character in a value becomes a space", arguments: ["\r", "\n", "\0", "\u{B}", "\u{7F}", "\r\n"])
    func harmless(_ control: String) {
        var headers = HTTPHeaders()
        headers.add("Location", "/a\(control)Set-Cookie: b")
        headers.set("X", "\(control)\t\u{E2A}")
        let spaces = String(repeating: " ", count: control.utf8.count)
        #expect(headers.first("location") == "/a\(spaces)Set-Cookie: b")
        #expect(headers.first("x") == "\(spaces)\t\u{E2A}")
    }
}

/// A request without its body, checked as a whole: host, body framing, expectation.
struct RequestHead: Sendable {
    let line: RequestLine
    let headers: HTTPHeaders
    let framing: BodyFraming
    /// Whether the client waits for 100 (Continue) before it sends the body.
    let expectsContinue: Bool

    init(_ line: RequestLine, _ headers: HTTPHeaders, _ limits: HTTPLimits) throws(HTTPViolation) {
        try HostField.check(headers, line.version)
        framing = try BodyFraming.ofRequest(line, headers, limits)
        if line.version == .http10 || !headers.contains("expect") {
            // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is ignored.
            expectsContinue = false
        } else {
            let expectations = headers.list("expect")
            guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
                throw .expectationUnsupported
            }
            expectsContinue = !expectations.isEmpty && framing != .none
        }
        self.line = line
        self.headers = headers
    }

    func request(body: [UInt8]) -> HTTPRequest {
        HTTPRequest(method: line.method, target: line.target, version: line.version, headers: headers, body: body)
    }
}

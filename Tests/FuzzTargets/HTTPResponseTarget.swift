import HTTP1
import JSON
import TestSupport

extension FuzzTarget {
    /// Flag 1: tight limits; 2 and 4: the method that was asked with; 8: the connection ends behind the input.
    static let httpResponse = FuzzTarget(
        "http-response",
        words: [
            "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.0 ", "304 ", "101 ", "Content-Length: ",
            "Transfer-Encoding: chunked\r\n", "Connection: keep-alive\r\n", "\r\n\r\n", "0\r\n\r\n",
        ]
    ) { input in
        let limits = input.has(1) ? HTTPLimits.tight : HTTPLimits()
        let method = [HTTPMethod.get, .head, .post, .other("CONNECT")][Int(input.flags >> 1 & 3)]
        let outcome = try input.outcome { try ResponsesRead($0, to: method, ending: input.has(8), limits) }
        let byParts = try ResponsesRead.byParts(input.segments, to: method, ending: input.has(8), limits)
        try expect(byParts == outcome, "whole: \(outcome)\nby parts: \(byParts)")
        for response in outcome.responses { try ResponsesRead.checkRoundTrip(of: response) }
    } seeds: {
        try Vectors.load("http1").filter { $0["decoder"]?.string == "response" }.flatMap { vector in
            let bytes = try Vectors.bytes(vector["input"] ?? .null)
            let method: UInt8 = vector["method"]?.string == "HEAD" ? 2 : 0
            let flags = method | (vector["end"]?.bool == true ? 8 : 0)
            return bytes.count > 4_096
                ? [] : [FuzzInput.bytes(flags: flags, bytes), FuzzInput.bytes(flags: flags | 1, sizes: [1, 4], bytes)]
        }
    }
}

/// All that can be seen of a response decoder behind an input.
private struct ResponsesRead: Equatable {
    var responses: [HTTPResponse] = []
    private var keepsAlive: [Bool] = []
    private var violation: HTTPViolation?

    private init() {}

    init(_ segments: [ArraySlice<UInt8>], to method: HTTPMethod, ending: Bool, _ limits: HTTPLimits) throws {
        var decoder = HTTPResponseDecoder(limits: limits)
        var fed = 0
        func take(_ read: inout ResponsesRead) throws {
            do throws(HTTPViolation) {
                while let response = try decoder.next(to: method) {
                    read.responses.append(response)
                    read.keepsAlive.append(decoder.keepsAlive)
                }
            } catch {
                try expect(read.violation == nil || read.violation == error, "another violation after the first")
                read.violation = error
            }
            try expect(decoder.bufferedBytes <= limits.maxHeldBytes, "holds \(decoder.bufferedBytes) bytes")
        }
        for segment in segments {
            let bytes = Array(segment)
            fed += bytes.count
            decoder.append(bytes.span.bytes)
            try take(&self)
        }
        if ending {
            decoder.receiveEnd()
            try take(&self)
        }
        try expect(decoder.work <= 8 * fed + 8 * (segments.count + 1), "\(decoder.work) steps for \(fed) bytes")
        for response in responses {
            try expect(response.body.count <= limits.maxBodyBytes, "a body of \(response.body.count)")
            try expect(response.headers.count <= limits.maxFields, "\(response.headers.count) fields")
            if method == .head { try expect(response.body.isEmpty, "a body in the answer to HEAD") }
        }
    }

    /// The same, gathered from parts.
    static func byParts(
        _ segments: [ArraySlice<UInt8>], to method: HTTPMethod, ending: Bool, _ limits: HTTPLimits
    ) throws -> ResponsesRead {
        var read = ResponsesRead()
        var decoder = HTTPResponseDecoder(limits: limits)
        var response: HTTPResponse?
        func take() throws {
            do throws(HTTPViolation) {
                while let part = try decoder.nextPart(to: method) {
                    switch part {
                    case .head(let status, let headers): response = HTTPResponse(status: status, headers: headers)
                    case .content(let bytes): response?.body += bytes
                    case .end:
                        if let response { read.responses.append(response) }
                        read.keepsAlive.append(decoder.keepsAlive)
                        response = nil
                    }
                }
            } catch {
                read.violation = error
            }
        }
        for segment in segments {
            decoder.append(Array(segment).span.bytes)
            try take()
        }
        if ending {
            decoder.receiveEnd()
            try take()
        }
        return read
    }

    /// What was accepted is read back as the same.
    static func checkRoundTrip(of response: HTTPResponse) throws {
        let request = HTTPRequest(method: .get, target: try HTTPTarget("/"))
        var encoder = HTTPResponseEncoder(answering: request, date: "now")
        let encoding = encoder.whole(response)
        var limits = HTTPLimits()
        limits.maxFields += 3
        limits.maxHeaderBlockBytes += 128
        let again = try ResponsesRead([encoding[...]], to: .get, ending: false, limits)
        guard let read = again.responses.first, again.responses.count == 1, again.violation == nil else {
            throw Violated("not read back: \(String(decoding: encoding, as: UTF8.self)): \(again)")
        }
        let own: Set = ["content-length", "transfer-encoding", "date", "connection", "keep-alive"]
        // 205 has no content (RFC 9110 §15.3.6), whatever another server sent with it.
        let body = response.status.code == 205 ? [] : response.body
        try expect(
            read.status == response.status && read.body == body
                && read.headers.described(without: own) == response.headers.described(without: own),
            "read back as \(read), was \(response)")
    }
}

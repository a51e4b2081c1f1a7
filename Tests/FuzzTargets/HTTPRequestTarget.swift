import HTTP1
import JSON
import TestSupport

extension FuzzTarget {
    /// Flag 1: limits so tight that small inputs reach them.
    static let httpRequest = FuzzTarget(
        "http-request",
        words: [
            "GET ", "POST ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "Host: a\r\n", "Content-Length: ",
            "Transfer-Encoding: chunked\r\n",
            "Connection: close\r\n", "Expect: 100-continue\r\n", "\r\n\r\n", "0\r\n\r\n", "Upgrade: ",
        ]
    ) { input in
        let limits = input.has(1) ? HTTPLimits.tight : HTTPLimits()
        let outcome = try input.outcome { try RequestsRead($0, limits) }
        for request in outcome.requests { try RequestsRead.checkRoundTrip(of: request) }
    } seeds: {
        try Vectors.load("http1").filter { $0["decoder"]?.string == "request" }.flatMap { vector in
            let bytes = try Vectors.bytes(vector["input"] ?? .null)
            return bytes.count > 4_096
                ? [] : [FuzzInput.bytes(bytes), FuzzInput.bytes(flags: 1, sizes: [5, 1], bytes)]
        }
    }
}

extension HTTPLimits {
    /// Limits that inputs of a few hundred bytes reach.
    static let tight: HTTPLimits = {
        var limits = HTTPLimits()
        limits.maxLeadingEmptyLines = 2
        limits.maxMethodBytes = 8
        limits.maxRequestLineBytes = 48
        limits.maxHeaderBlockBytes = 160
        limits.maxFields = 6
        limits.maxBodyBytes = 24
        limits.maxChunkExtensionBytes = 8
        limits.maxTrailerBytes = 32
        limits.maxTrailerFields = 2
        limits.maxInterimResponses = 2
        return limits
    }()

    /// The most that a decoder may hold between two messages' ends: one of everything, with line ends.
    var maxHeldBytes: Int {
        maxRequestLineBytes + maxHeaderBlockBytes + maxBodyBytes + maxChunkExtensionBytes + maxTrailerBytes + 32
    }
}

extension HTTPHeaders {
    /// Names and values without the fields that an encoder writes by itself.
    func described(without names: Set<String>) -> [String] {
        fields.filter { !names.contains($0.name.lowercased()) }.map { "\($0.name.lowercased()): \($0.value)" }
    }
}

/// All that can be seen of a request decoder behind an input.
private struct RequestsRead: Equatable {
    var requests: [HTTPRequest] = []
    private var violation: HTTPViolation?
    private var phase = HTTPRequestDecoder.Phase.idle
    private var awaitsContinue = false
    private var bufferedBytes = 0

    init(_ segments: [ArraySlice<UInt8>], _ limits: HTTPLimits) throws {
        var decoder = HTTPRequestDecoder(limits: limits)
        var fed = 0
        for segment in segments {
            let bytes = Array(segment)
            fed += bytes.count
            decoder.append(bytes.span.bytes)
            do throws(HTTPViolation) {
                while let request = try decoder.next() { requests.append(request) }
            } catch {
                try expect(violation == nil || violation == error, "another violation after the first")
                violation = error
            }
            try expect(decoder.bufferedBytes <= limits.maxHeldBytes, "holds \(decoder.bufferedBytes) bytes")
            try expect(decoder.bufferedBytes <= fed, "holds more than it was given")
        }
        try expect(decoder.work <= 8 * fed + 8 * segments.count, "\(decoder.work) steps for \(fed) bytes")
        phase = decoder.phase
        awaitsContinue = decoder.awaitsContinue
        bufferedBytes = decoder.bufferedBytes
        for request in requests { try Self.check(request, limits) }
    }

    private static func check(_ request: HTTPRequest, _ limits: HTTPLimits) throws {
        try expect(request.body.count <= limits.maxBodyBytes, "a body of \(request.body.count)")
        try expect(request.headers.count <= limits.maxFields, "\(request.headers.count) fields")
        try expect(request.method.token.utf8.count <= limits.maxMethodBytes, "a long method")
        for field in request.headers.fields {
            try expect(
                field.value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) },
                "a control character in a value")
        }
        for segment in request.path.segments {
            let isSafe =
                segment != "." && segment != ".." && !segment.utf8.contains { $0 == 0x2F || $0 == 0x5C || $0 == 0 }
            try expect(isSafe, "the segment \(segment)")
        }
        // Two framings of one message are how requests are smuggled (RFC 9112 §11.2).
        let isFramedTwice = request.headers.contains("content-length") && request.headers.contains("transfer-encoding")
        try expect(!isFramedTwice, "two framings")
    }

    /// What was accepted is read back as the same, whole and chunked.
    static func checkRoundTrip(of request: HTTPRequest) throws {
        var limits = HTTPLimits()
        limits.maxFields += 1
        limits.maxHeaderBlockBytes += 64
        var encodings = [HTTPRequestEncoder.whole(request)]
        if request.version == .http11 { encodings.append(HTTPRequestEncoder.chunked(request, chunkBytes: 7)) }
        for encoding in encodings {
            let again = try RequestsRead([encoding[...]], limits)
            let framing: Set = ["content-length", "transfer-encoding"]
            guard let read = again.requests.first, again.requests.count == 1, again.violation == nil else {
                throw Violated("not read back: \(String(decoding: encoding, as: UTF8.self)): \(again)")
            }
            try expect(
                read.method == request.method && read.target == request.target && read.version == request.version
                    && read.body == request.body && read.keepsAlive == request.keepsAlive
                    && read.headers.described(without: framing) == request.headers.described(without: framing),
                "read back as \(read), was \(request)")
        }
    }
}

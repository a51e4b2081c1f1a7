import HTTP1
import JSON
import TestSupport

extension FuzzTarget {
    /// A request target: path and query.
    static let httpTarget = FuzzTarget("http-target", words: ["%2F", "%2e", "%00", "%E0%B8%81", "/../", "?a=b&c", "+"])
    { input in
        let target: HTTPTarget
        do throws(HTTPViolation) { target = try HTTPTarget(input.text) } catch { return }
        for segment in target.path.segments {
            let isSafe =
                segment != "." && segment != ".." && !segment.utf8.contains { $0 < 0x20 || $0 == 0x2F || $0 == 0x5C }
            try expect(isSafe, "the segment \(segment)")
        }
        let path = target.path.segments.map { "/" + escaped($0) }.joined()
        let query = target.query.parameters.map { escaped($0.name) + "=" + escaped($0.value) }.joined(separator: "&")
        let again = try HTTPTarget(path + "?" + query)
        try expect(
            again.path.segments == target.path.segments,
            "\(target.path.segments) is read back as \(again.path.segments)")
        try expect(again.query == target.query, "\(target.query) is read back as \(again.query)")

        var decoder = HTTPRequestDecoder()
        guard target.raw.utf8.count < HTTPLimits().maxRequestLineBytes - 16 else { return }
        decoder.append(Array("GET \(target.raw) HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span.bytes)
        try expect(try decoder.next()?.parsedTarget == target, "a request reads its target differently")
    } seeds: {
        try Vectors.load("http1").compactMap { $0["input"]?.string }.compactMap { text in
            let parts = text.split(separator: " ")
            return parts.count > 1 && parts[1].utf8.count < 300 ? FuzzInput.bytes(parts[1].utf8) : nil
        }
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return String(text.utf8.flatMap { ["%", digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

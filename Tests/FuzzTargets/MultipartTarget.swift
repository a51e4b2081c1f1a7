import JSON
import Multipart
import TestSupport

extension FuzzTarget {
    /// A form whose boundary is `XbXb`. Flag 1: limits so tight that small inputs reach them. Flag 2: the payload is a
    /// Content-Type instead.
    static let multipart = FuzzTarget(
        "multipart",
        words: [
            "--XbXb", "\r\n--XbXb", "\r\n--XbXb--\r\n", "\r\n\r\n", "Content-Disposition: form-data; name=\"",
            "filename=\"",
            "filename*=utf-8''", "Content-Type: ", "Content-Transfer-Encoding: binary",
            "multipart/form-data; boundary=",
            "%22", "%0D",
        ]
    ) { input in
        if input.has(2) { return try checkContentType(input.text) }
        guard let boundary = MultipartBoundary("XbXb") else { throw Violated("the boundary") }
        let limits = input.has(1) ? MultipartLimits.tight : MultipartLimits()
        let outcome = try input.outcome { try FormRead($0, boundary, limits) }
        try outcome.checkRoundTrip(boundary)
    } seeds: {
        try Vectors.documents("multipart").flatMap { document in
            try (document.value.array ?? []).flatMap { vector -> [[UInt8]] in
                let bytes = try Vectors.bytes(vector["input"] ?? .null)
                guard bytes.count <= 2_048 else { return [] }
                if document.name == "content-types" { return [FuzzInput.bytes(flags: 2, bytes)] }
                return [FuzzInput.bytes(bytes), FuzzInput.bytes(flags: 1, sizes: [2, 3, 0, 1], bytes)]
            }
        }
    }

    private static func checkContentType(_ text: String) throws {
        let boundary: MultipartBoundary
        do throws(MultipartViolation) { boundary = try MultipartBoundary(contentType: text) } catch { return }
        try expect((1...MultipartBoundary.maxBytes).contains(boundary.text.utf8.count), "\(boundary.text)")
        try expect(try MultipartBoundary(contentType: boundary.contentType) == boundary, "\(boundary.text)")
    }
}

extension MultipartLimits {
    fileprivate static let tight: MultipartLimits = {
        var limits = MultipartLimits()
        limits.maxParts = 2
        limits.maxHeaderBytes = 64
        limits.maxHeaderFields = 2
        limits.maxPartBytes = 8
        limits.maxBodyBytes = 240
        return limits
    }()
}

/// All that comes of a form.
private struct FormRead: Equatable {
    private var parts: [MultipartPart] = []
    private var head: MultipartPartHead?
    private var content: [UInt8] = []
    private var violation: MultipartViolation?

    init(_ segments: [ArraySlice<UInt8>], _ boundary: MultipartBoundary, _ limits: MultipartLimits) throws {
        var decoder = MultipartDecoder(boundary: boundary, limits: limits)
        var disorder = false
        do throws(MultipartViolation) {
            for segment in segments {
                try decoder.receive(Array(segment)) { disorder = !receive($0) || disorder }
            }
            try decoder.end()
        } catch {
            violation = error
        }
        try expect(!disorder, "items out of order")
        try expect(decoder.bufferedBytes <= limits.maxHeaderBytes, "holds \(decoder.bufferedBytes)")
        try expect(parts.count <= limits.maxParts, "\(parts.count) parts")
        try expect(parts.allSatisfy { $0.content.count <= limits.maxPartBytes }, "a part too large")
        try expect(content.count <= limits.maxPartBytes, "\(content.count) bytes")
    }

    private mutating func receive(_ item: MultipartDecoder.Item) -> Bool {
        switch item {
        case .part(let begun):
            guard head == nil else { return false }
            head = begun
        case .content(let bytes):
            guard head != nil, !bytes.isEmpty else { return false }
            content += bytes
        case .partEnd:
            guard let head else { return false }
            parts.append(MultipartPart(head: head, content: content))
            (self.head, content) = (nil, [])
        }
        return true
    }

    /// Parts that are written again are read as the same.
    func checkRoundTrip(_ boundary: MultipartBoundary) throws {
        guard
            parts.allSatisfy({
                !Self.contains(boundary.text, $0.content) && Self.isPlain($0.head.filename ?? "")
            })
        else { return }
        var encoder = MultipartEncoder(boundary: boundary)
        for part in parts { encoder.append(part.head, part.content) }
        let form: MultipartForm
        do throws(MultipartViolation) { form = try MultipartForm(encoder.body(), boundary: boundary) } catch {
            // What is escaped takes three bytes for one.
            try expect(error == .headerTooLarge, "\(error) of what was read")
            return
        }
        let expected = parts.map { part in
            MultipartPart(
                head: MultipartPartHead(
                    name: part.head.name, filename: part.head.filename,
                    contentType: part.head.contentType.map(Self.withoutTabs)),
                content: part.content)
        }
        try expect(form.parts == expected, "\(expected) is read back as \(form.parts)")
    }

    /// `filename*` can hold what no name of ours has, and such is not written.
    private static func isPlain(_ name: String) -> Bool {
        !["%0A", "%0D", "%22"].contains(where: name.contains)
            && name.unicodeScalars.allSatisfy { ($0 >= " " && $0 != "\u{7F}") || ["\r", "\n", "\t"].contains($0) }
    }

    private static func withoutTabs(_ type: String) -> String { String(type.filter { $0 != "\t" }) }

    private static func contains(_ text: String, _ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: text.utf8) }
    }
}

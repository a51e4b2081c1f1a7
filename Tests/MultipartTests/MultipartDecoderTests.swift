import JSON
import TestSupport
import Testing

@testable import Multipart

@Suite("Forms (RFC 7578, RFC 2046 §5.1)")
struct MultipartDecoderTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        var testDescription: String { json["name"]?.string ?? "?" }
    }

    static func vectors(_ file: String) throws -> [Vector] {
        let list = try Vectors.documents("multipart").first { $0.name == file }?.value.array ?? []
        guard !list.isEmpty else { throw Vectors.Malformed(description: "no vectors in \(file)") }
        return list.map { Vector(json: $0) }
    }

    /// What a body comes to: the parts that became whole, what stood in one that did not, and what was wrong.
    struct Outcome: Equatable {
        var parts: [MultipartPart] = []
        var head: MultipartPartHead?
        var content: [UInt8] = []
        var violation: MultipartViolation?
        var mostBuffered = 0

        static func == (left: Outcome, right: Outcome) -> Bool {
            left.parts == right.parts && left.head == right.head && left.content == right.content
                && left.violation == right.violation
        }

        init(_ segments: [ArraySlice<UInt8>], _ boundary: MultipartBoundary, _ limits: MultipartLimits) {
            var decoder = MultipartDecoder(boundary: boundary, limits: limits)
            do throws(MultipartViolation) {
                for segment in segments {
                    try decoder.receive(Array(segment)) { receive($0) }
                    mostBuffered = max(mostBuffered, decoder.bufferedBytes)
                }
                try decoder.end()
            } catch {
                violation = error
            }
        }

        private mutating func receive(_ item: MultipartDecoder.Item) {
            switch item {
            case .part(let begun):
                #expect(head == nil, "a part within a part")
                head = begun
            case .content(let bytes):
                #expect(head != nil && !bytes.isEmpty)
                content += bytes
            case .partEnd:
                if let head { parts.append(MultipartPart(head: head, content: content)) }
                (head, content) = (nil, [])
            }
        }
    }

    private func limits(_ json: JSONValue?) -> MultipartLimits {
        var limits = MultipartLimits()
        if let json {
            limits.maxParts = Int(json["maxParts"]?.integer ?? 0)
            limits.maxHeaderBytes = Int(json["maxHeaderBytes"]?.integer ?? 0)
            limits.maxHeaderFields = Int(json["maxHeaderFields"]?.integer ?? 0)
            limits.maxPartBytes = Int(json["maxPartBytes"]?.integer ?? 0)
            limits.maxBodyBytes = Int(json["maxBodyBytes"]?.integer ?? 0)
        }
        return limits
    }

    @Test("A body means what the vector says, however it is cut", arguments: try vectors("forms"))
    func vector(_ vector: Vector) throws {
        let input = try Vectors.bytes(#require(vector.json["input"]))
        let name = try #require(vector.json["boundary"]?.string)
        let boundary = try #require(MultipartBoundary(name))
        let limits = limits(vector.json["limits"])
        let outcome = try DecoderVerifier.outcome(of: input) { Outcome($0, boundary, limits) }
        let expected = try #require(vector.json["expect"]?["parts"]?.array).map { part in
            MultipartPart(
                head: MultipartPartHead(
                    name: try #require(part["name"]?.string), filename: part["filename"]?.string,
                    contentType: part["contentType"]?.string),
                content: Array(try #require(part["content"]?.string).utf8))
        }
        #expect(outcome.parts == expected)
        #expect(outcome.violation?.rawValue == vector.json["expect"]?["violation"]?.string)
        #expect(outcome.content.count <= limits.maxPartBytes)
        #expect(outcome.mostBuffered <= limits.maxHeaderBytes)
        let form = Result { () throws(MultipartViolation) in
            try MultipartForm(input, boundary: boundary, limits: limits)
        }
        #expect(form.map(\.parts) == outcome.violation.map { .failure($0) } ?? .success(expected))
    }

    @Test("Content-Type names the boundary", arguments: try vectors("content-types"))
    func contentType(_ vector: Vector) throws {
        let text = try #require(vector.json["input"]?.string)
        let boundary = Result { () throws(MultipartViolation) in try MultipartBoundary(contentType: text) }
        switch boundary {
        case .success(let boundary): #expect(boundary.text == vector.json["expect"]?["boundary"]?.string)
        case .failure(let violation): #expect(violation.rawValue == vector.json["expect"]?["violation"]?.string)
        }
    }

    @Test("Content is handed on as it comes, all but what may be a boundary")
    func earliest() throws {
        let boundary = try #require(MultipartBoundary("b"))
        var decoder = MultipartDecoder(boundary: boundary)
        var items: [MultipartDecoder.Item] = []
        try decoder.receive(Array("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nhello\r\n--".utf8)) {
            items.append($0)
        }
        #expect(items == [.part(MultipartPartHead(name: "a")), .content(Array("hello".utf8))])
        try decoder.receive(Array("x".utf8)) { items.append($0) }
        #expect(items.last == .content(Array("\r\n--x".utf8)))
        #expect(throws: MultipartViolation.truncated) { try decoder.end() }
    }

    @Test("Nothing is decoded behind a violation or the end")
    func over() throws {
        let boundary = try #require(MultipartBoundary("b"))
        var decoder = MultipartDecoder(boundary: boundary)
        #expect(throws: MultipartViolation.malformedDelimiter) { try decoder.receive(Array("--bx".utf8)) { _ in } }
        let form = Array("\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\nhello\r\n--b--".utf8)
        try decoder.receive(form) { Issue.record("\($0)") }
        try decoder.end()
        decoder = MultipartDecoder(boundary: boundary)
        #expect(throws: MultipartViolation.truncated) { try decoder.end() }
        try decoder.receive(form) { Issue.record("\($0)") }
    }

    @Test("A name that stands twice is not taken for one")
    func only() throws {
        let boundary = try #require(MultipartBoundary("b"))
        var encoder = MultipartEncoder(boundary: boundary)
        encoder.field("a", "1")
        encoder.field("b", "2")
        encoder.field("a", "3")
        let form = try MultipartForm(encoder.body(), boundary: boundary)
        #expect(try form.only("b")?.text == "2")
        #expect(try form.only("c") == nil)
        #expect(throws: MultipartViolation.nameRepeated) { try form.only("a") }
    }

    @Test("Every violation has a client's status and a sentence of its own")
    func violations() {
        #expect(MultipartViolation.allCases.allSatisfy { [400, 413, 415].contains($0.status) })
        #expect(Set(MultipartViolation.allCases.map(\.detail)).count == MultipartViolation.allCases.count)
    }
}

import Foundation
import JSON
import Testing

/// One entry of a file in `Protocol/vectors/sse`.
struct EventStreamVector: Sendable, CustomTestStringConvertible {
    /// What is wrong with a vector file.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    let fields: JSONValue

    var name: String { fields["name"]?.string ?? "?" }
    var testDescription: String { name }

    subscript(field: String) -> JSONValue? { fields[field] }

    /// The entries of a file. Throws when there is none: a suite without vectors would pass for the wrong reason.
    static func load(_ file: String) throws -> [EventStreamVector] {
        let url = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Protocol/vectors/sse/\(file).json")
        let entries = try JSONParser.parse([UInt8](Data(contentsOf: url))).array ?? []
        guard !entries.isEmpty else { throw Malformed(description: "no vectors in \(file)") }
        return entries.map { EventStreamVector(fields: $0) }
    }

    /// A string's UTF-8, `{"hex": digits}`, `{"repeat": bytes, "count": n}`, or a list of these.
    static func bytes(_ value: JSONValue) throws -> [UInt8] {
        if let text = value.string { return Array(text.utf8) }
        if let parts = value.array { return try parts.flatMap(bytes) }
        if let digits = value["hex"]?.string { return try hexadecimal(Array(digits.utf8)) }
        if let part = value["repeat"], let count = value["count"]?.integer {
            return Array(repeatElement(try bytes(part), count: Int(count)).joined())
        }
        throw Malformed(description: "not bytes: \(value.text)")
    }

    private static func hexadecimal(_ digits: [UInt8]) throws -> [UInt8] {
        try stride(from: 0, to: digits.count, by: 2).map { index in
            let pair = String(decoding: digits[index..<min(index + 2, digits.count)], as: UTF8.self)
            guard pair.utf8.count == 2, let byte = UInt8(pair, radix: 16) else {
                throw Malformed(description: "not hexadecimal")
            }
            return byte
        }
    }
}

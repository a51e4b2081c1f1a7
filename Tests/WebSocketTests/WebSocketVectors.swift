import Foundation
import JSON
import Testing

/// One entry of a file in `Protocol/vectors/websocket`.
struct WebSocketVector: Sendable, CustomTestStringConvertible {
    /// What is wrong with a vector file.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    let fields: JSONValue

    var name: String { fields["name"]?.string ?? "?" }
    var testDescription: String { name }

    subscript(field: String) -> JSONValue? { fields[field] }

    /// The entries of files. Throws when one has none: a suite without vectors would pass for the wrong reason.
    static func load(_ files: String...) throws -> [WebSocketVector] {
        try files.flatMap { file in
            let url = URL(fileURLWithPath: #filePath)
                .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Protocol/vectors/websocket/\(file).json")
            let entries = try JSONParser.parse([UInt8](Data(contentsOf: url))).array ?? []
            guard !entries.isEmpty else { throw Malformed(description: "no vectors in \(file)") }
            return entries.map { WebSocketVector(fields: $0) }
        }
    }

    /// The value of a field that must be there.
    func require(_ field: String) throws -> JSONValue {
        guard let value = fields[field] else { throw Malformed(description: "\(name): no \(field)") }
        return value
    }

    func bytes(_ field: String) throws -> [UInt8] { try Self.bytes(try require(field)) }

    /// Hexadecimal digits, `{"repeat": bytes, "count": n}`, or a list of these.
    static func bytes(_ value: JSONValue) throws -> [UInt8] {
        if let digits = value.string { return try hexadecimal(digits) }
        if let parts = value.array { return try parts.flatMap(bytes) }
        if let part = value["repeat"], let count = value["count"]?.integer {
            return Array(repeatElement(try bytes(part), count: Int(count)).joined())
        }
        throw Malformed(description: "not bytes: \(value.text)")
    }

    static func hexadecimal(_ digits: String) throws -> [UInt8] {
        let digits = Array(digits.utf8)
        guard digits.count % 2 == 0 else { throw Malformed(description: "half a byte") }
        return try stride(from: 0, to: digits.count, by: 2).map { index in
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else {
                throw Malformed(description: "not hexadecimal")
            }
            return byte
        }
    }
}

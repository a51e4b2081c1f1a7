import Foundation
package import JSON

/// The golden inputs and outputs below `Protocol/vectors`.
package enum Vectors {
    /// What is wrong with a vector file.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// The package's root, found from where this file was compiled.
    private static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The entries of every `.json` file in `Protocol/vectors/<folder>`, files by name. Throws when a file is not a
    /// JSON list, or when there is no entry at all: a suite without vectors would pass for the wrong reason.
    package static func load(_ folder: String) throws -> [JSONValue] {
        let directory = packageRoot.appendingPathComponent("Protocol/vectors/\(folder)")
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let entries = try files.flatMap { file in
            guard let entries = try JSONParser.parse([UInt8](Data(contentsOf: file))).array else {
                throw Malformed(description: "\(file.lastPathComponent) is not a list")
            }
            return entries
        }
        guard !entries.isEmpty else { throw Malformed(description: "no vectors in \(folder)") }
        return entries
    }

    /// The bytes that a vector writes as a string (its UTF-8), as `{"base64": …}`, as `{"repeat": bytes, "count": n}`,
    /// or as a list of these.
    package static func bytes(_ value: JSONValue) throws -> [UInt8] {
        if let text = value.string { return Array(text.utf8) }
        if let parts = value.array { return try parts.flatMap(bytes) }
        if let text = value["base64"]?.string, let data = Data(base64Encoded: text) { return [UInt8](data) }
        if let part = value["repeat"], let count = value["count"]?.integer {
            return Array(repeatElement(try bytes(part), count: Int(count)).joined())
        }
        throw Malformed(description: "not bytes: \(value.text)")
    }
}

import Foundation
package import JSON

/// The golden inputs and outputs below `Protocol/vectors`.
package enum Vectors {
    /// What is wrong with a vector file.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// The package's root, found from where this file was compiled.
    private static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The entries of every `.json` file in `Protocol/vectors/<folder>`, files by name. Throws when a file is not a
    /// JSON list, or when there is no entry at all: a suite without vectors would pass for the wrong reason.
    package static func load(_ folder: String) throws -> [JSONValue] {
        let entries = try documents(folder).flatMap { document in
            guard let entries = document.value.array else {
                throw Malformed(description: "\(document.name) is not a list")
            }
            return entries
        }
        guard !entries.isEmpty else { throw Malformed(description: "no vectors in \(folder)") }
        return entries
    }

    /// Every `.json` file in `Protocol/vectors/<folder>` as it is, files by name (without `.json`).
    package static func documents(_ folder: String) throws -> [(name: String, value: JSONValue)] {
        try FileManager.default
            .contentsOfDirectory(
                at: packageRoot.appendingPathComponent("Protocol/vectors/\(folder)"), includingPropertiesForKeys: nil
            )
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map {
                ($0.deletingPathExtension().lastPathComponent, try JSONParser.parse([UInt8](Data(contentsOf: $0))))
            }
    }

    /// The text of a file below the package's root.
    package static func file(_ path: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: packageRoot.appendingPathComponent(path)))
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

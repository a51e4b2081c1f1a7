import Foundation

/// The checkout that this file was compiled in, as text.
enum Repository {
    struct File {
        /// From the root, such as `Sources/JSON/JSONParser.swift`.
        let path: String
        let text: String

        /// Without a folder and without `.swift`.
        var name: String { String(path.split(separator: "/").last?.split(separator: ".").first ?? "") }
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// Lines without those that are only a comment, with their numbers from 1.
        var code: [(number: Int, line: Substring)] {
            zip(1..., lines).filter { !$0.1.drop { $0 == " " }.hasPrefix("//") }.map { (number: $0.0, line: $0.1) }
        }
    }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func file(_ path: String) throws -> File {
        File(path: path, text: try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// Every file below `folder` with that suffix, by path. Throws when there is none: a test of nothing would pass.
    static func files(below folder: String, suffix: String) throws -> [File] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
            .filter { $0.hasSuffix(suffix) }.sorted()
        guard !names.isEmpty else { throw Missing(path: folder + "/**" + suffix) }
        return try names.map { try file(folder + "/" + $0) }
    }

    struct Missing: Error { let path: String }
}

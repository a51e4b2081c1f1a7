import Testing

@Suite("What the sources may not hold")
struct SourceTests {
    static let banned: [(text: String, why: String)] = [
        ("try!", "a failure would end the process"),
        ("try?", "a failure would be forgotten"),
        ("fatalError(", "precondition names the invariant"),
        ("Task {", "work outside a loop"),
        ("Task.detached", "work outside a loop"),
        ("DispatchQueue", "work outside a loop"),
        ("import Foundation", "cost and surprises on every path"),
        ("import Dispatch", "work outside a loop"),
        ("TODO", "an issue remembers better"),
    ]

    @Test("No banned call or import", arguments: banned.map(\.text))
    func bannedText(text: String) throws {
        let why = try #require(Self.banned.first { $0.text == text }?.why)
        for file in try Repository.files(below: "Sources", suffix: ".swift") {
            for (number, line) in file.code where Self.contains(line, text) {
                Issue.record("\(file.path):\(number) has `\(text)`: \(why)")
            }
        }
    }

    /// Whether `text` stands in the line as a word of its own: `entry?.next` is no `try?`.
    private static func contains(_ line: Substring, _ text: String) -> Bool {
        line.ranges(of: text).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && before != "_"
        }
    }

    @Test("Only one file reads the environment")
    func environment() throws {
        for file in try Repository.files(below: "Sources", suffix: ".swift") {
            guard !file.path.hasSuffix("Sala/Configuration+Environment.swift") else { continue }
            for (number, line) in file.code where line.contains("getenv(") {
                Issue.record("\(file.path):\(number) reads the environment")
            }
        }
    }

    @Test("Every @unchecked Sendable has its proof in the comment above")
    func proofs() throws {
        for file in try Repository.files(below: "Sources", suffix: ".swift") {
            let lines = file.lines
            for (number, line) in file.code where line.contains("@unchecked Sendable") {
                let comment = lines[..<(number - 1)].reversed().prefix { $0.drop { $0 == " " }.hasPrefix("//") }
                let isProven = comment.contains { $0.contains(#/[Cc]onfined|Sendable|loop/#) }
                if !isProven { Issue.record("\(file.path):\(number) does not say why") }
            }
        }
    }
}

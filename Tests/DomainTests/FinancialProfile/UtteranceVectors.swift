import Foundation
import JSON
import Testing

@testable import Domain

/// One labelled utterance of `Protocol/vectors/financial-utterances`.
struct Utterance: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let asked: AdvisorIntent?
    let findings: [FinancialFinding]

    var testDescription: String { "\(name): \(text)" }

    static func load() throws -> [Utterance] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Protocol/vectors/financial-utterances")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.flatMap { file in
            let vectors = try JSONParser.parse([UInt8](Data(contentsOf: file)))
            return try #require(vectors.array).map { try Utterance($0, file.deletingPathExtension().lastPathComponent) }
        }
    }

    private init(_ json: JSONValue, _ file: String) throws {
        name = file + "/" + (try #require(json["name"]?.string))
        _ = try #require(json["source"]?.string)
        text = try #require(json["input"]?["text"]?.string)
        asked = try json["input"]?["asked"]?.string.map { try #require(AdvisorIntent(rawValue: $0)) }
        findings = try #require(json["expect"]?["findings"]?.array).map(Utterance.finding)
    }

    /// `stated`, `unsure`, `denied`, `corrected`, `identified` or `goal`; amounts are baht.
    private static func finding(_ json: JSONValue) throws -> FinancialFinding {
        func satang(_ name: String) -> Int64? { json[name]?.double.map { Int64(($0 * 100).rounded()) } }
        func kind(_ name: String) throws -> FinancialKind? {
            guard let text = json[name]?.string else { return nil }
            let kind: FinancialKind = try #require(FinancialKind(rawValue: text))
            return kind
        }
        var figure = FinancialFigure(
            satang: satang("amount") ?? 0, isApproximate: json["approximate"]?.bool ?? false)
        if let low = satang("low"), let high = satang("high") { figure.range = low...high }
        if let goal = json["goal"]?.string { return .goal(goal, satang: satang("amount")) }
        if json["stated"] != nil { return .stated(try #require(try kind("stated")), figure) }
        if json["identified"] != nil { return .identified(try #require(try kind("identified"))) }
        if let old = satang("corrected") { return .corrected(from: old, to: figure) }
        if json["denied"] != nil { return .denied(try kind("denied"), satang: try #require(satang("amount"))) }
        let reason = try #require(json["reason"]?.string.flatMap(UnsureReason.init))
        return .unsure(about: try kind("unsure"), reason: reason, satang: satang("amount"))
    }
}

import Foundation
import Primitives
import TestSupport

/// The inputs that fuzzing has found so far: `Tests/Corpus/<target>.txt`, a line of base64 for each, the shortest first.
package enum Corpus {
    package static func load(_ target: FuzzTarget) throws -> [[UInt8]] {
        try Vectors.file("Tests/Corpus/\(target.name).txt").split(separator: 0x0A).map { line in
            guard let input = Base64.decode(line) else {
                throw Vectors.Malformed(description: "\(target.name): \(String(decoding: line, as: UTF8.self))")
            }
            return input
        }
    }

    /// The corpus file that holds these inputs.
    package static func text(_ inputs: [[UInt8]]) -> String {
        inputs.map { Base64.encode($0) }.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
            .map { $0 + "\n" }.joined()
    }
}

import Foundation
import FuzzTargets
import Glibc

/// The fuzzer's executable; `scripts/fuzz.sh` builds it with libFuzzer and calls it. Built without, it does all but search.
enum Fuzz {
    private static let usage = """
        usage: sala-fuzz list
               sala-fuzz words TARGET            the target's dictionary, as libFuzzer reads it
               sala-fuzz seeds TARGET DIRECTORY  one file for each input made of the vectors
               sala-fuzz unpack TARGET DIRECTORY one file for each input of the corpus
               sala-fuzz pack TARGET DIRECTORY   the corpus file of these inputs
               sala-fuzz check TARGET FILE…      holds the property against inputs
               sala-fuzz search TARGET …         libFuzzer, with its own options
        """

    /// Carries out the command; returns the target when that is to be searched.
    static func run(_ arguments: [String]) throws -> FuzzTarget? {
        if arguments.dropFirst() == ["list"] {
            print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
            return nil
        }
        guard arguments.count >= 3, let target = FuzzTarget.named(arguments[2]) else { fail(usage) }
        let rest = Array(arguments.dropFirst(3))
        switch (arguments[1], rest.first) {
        case ("words", nil): printWords(of: target)
        case ("seeds", let directory?): try write(target.seeds(), as: "seed", into: directory)
        case ("unpack", let directory?): try write(Corpus.load(target), as: "corpus", into: directory)
        case ("pack", let directory?): print(Corpus.text(try files(in: directory)), terminator: "")
        case ("check", _): for path in rest { try target.check(read(URL(fileURLWithPath: path))) }
        case ("search", _): return target
        default: fail(usage)
        }
        return nil
    }

    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(EX_USAGE)
    }

    private static func printWords(of target: FuzzTarget) {
        for word in target.words {
            print("\"" + word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"")
        }
    }

    private static func read(_ file: URL) throws -> [UInt8] { try [UInt8](Data(contentsOf: file)) }

    private static func files(in directory: String) throws -> [[UInt8]] {
        try FileManager.default.contentsOfDirectory(
            at: URL(fileURLWithPath: directory), includingPropertiesForKeys: nil
        )
        .map(read)
    }

    private static func write(_ inputs: [[UInt8]], as name: String, into directory: String) throws {
        for (index, input) in inputs.enumerated() {
            try Data(input).write(to: URL(fileURLWithPath: "\(directory)/\(name)-\(index)"))
        }
    }
}

import FuzzTargets
import TestSupport
import Testing

@Suite("Properties of what reads bytes from outside (scripts/fuzz.sh looks for more inputs)")
struct FuzzCorpusTests {
    @Test("hold for the corpus", arguments: FuzzTarget.all.map(\.name))
    func corpus(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Corpus.load(target)
        #expect(!inputs.isEmpty)
        for input in inputs { check(target, input) }
    }

    @Test("hold for the vectors", arguments: FuzzTarget.all.map(\.name))
    func seeds(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try target.seeds()
        #expect(!inputs.isEmpty)
        for input in inputs { check(target, input) }
    }

    @Test("hold for changed vectors", arguments: FuzzTarget.all.map(\.name))
    func changedSeeds(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try target.seeds()
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            var input = random.element(of: inputs)
            for _ in 0..<random.integer(1...4) where !input.isEmpty {
                let index = random.integer(0...input.count - 1)
                switch random.integer(0...3) {
                case 0: input[index] = UInt8(random.integer(0...255))
                case 1: input.remove(at: index)
                case 2: input.insert(UInt8(random.integer(0...255)), at: index)
                default: input.removeLast(input.count - index)
                }
            }
            check(target, input, "seed \(seed)")
        }
    }

    private func check(_ target: FuzzTarget, _ input: [UInt8], _ comment: Comment? = nil) {
        do { try target.check(input) } catch {
            Issue.record(error, "\(comment?.rawValue ?? "") \(Corpus.text([input]))")
        }
    }
}

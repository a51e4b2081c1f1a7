import Testing

/// What the connections of a test travel over.
enum Wire: Sendable {
    case plain, tls

    @TaskLocal static var current = Wire.plain
}

/// Runs each test of a suite over each of some wires, in turn.
struct Wires: SuiteTrait, TestTrait, TestScoping {
    let wires: [Wire]
    var isRecursive: Bool { true }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        for wire in wires { try await Wire.$current.withValue(wire) { try await function() } }
    }
}

extension Trait where Self == Wires {
    static var overTLS: Self { Wires(wires: [.tls]) }
    static var overBothWires: Self { Wires(wires: [.plain, .tls]) }
}

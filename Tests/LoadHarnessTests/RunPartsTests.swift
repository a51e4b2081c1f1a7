import JSON
import Primitives
import Reactor
import Testing

@testable import LoadHarness

@Suite("Parts of a run")
struct RunPartsTests {
    private let scenario: Scenario

    init() throws {
        let text = """
            {"name": "many", "seconds": 20,
             "groups": [
              {"name": "crowd", "behaviour": "idle", "connections": 40000, "sessions": 100,
               "connect": {"shape": "ramp", "from": 100, "to": 900}},
              {"name": "stage", "behaviour": "fanout", "connections": 11, "arrivals": {"shape": "constant", "rate": 90}}],
             "faults": [{"at": 3, "do": "cut", "share": 0.5}]}
            """
        scenario = try Scenario(Array(text.utf8))
    }

    @Test("One process takes 18,000 connections, and no more")
    func count() throws {
        #expect(scenario.partCount == 3)
        var scenario = scenario
        try scenario.scale(connectionsTo: 18_000)
        #expect(scenario.partCount == 1)
        try scenario.scale(connectionsTo: 18_001)
        #expect(scenario.partCount == 2)
    }

    @Test("The parts are the whole together: connections, rates, and the time in which they come")
    func sums() {
        let parts = (0..<3).map { scenario.part(RunPart(index: $0, count: 3)) }
        for group in 0..<2 {
            #expect(parts.reduce(0) { $0 + $1.groups[group].connections } == scenario.groups[group].connections)
        }
        #expect(abs(parts.reduce(0) { $0 + $1.averageRate } - scenario.averageRate) < 1e-9)
        for part in parts {
            let connect = part.groups[0].connect
            #expect(abs(connect.length(for: part.groups[0].connections) - 80) < 0.01)
            #expect(part.faults.map(\.at) == [3] && part.seconds == 20)
        }
        #expect(scenario.part(.whole).json == scenario.json)
    }

    @Test("What a part is told arrives as it was said")
    func orders() throws {
        let order = PartOrder(
            scenario: scenario, part: RunPart(index: 1, count: 3), name: "load_x", arguments: ["--pid", "7"])
        let read = try PartOrder(order.json)
        #expect(read.scenario.json == scenario.json && read.part == order.part)
        #expect(read.name == "load_x" && read.arguments == ["--pid", "7"])
        #expect(throws: LoadFailure.self) { try PartOrder(["name": "x"]) }
        #expect(throws: LoadFailure.self) {
            try PartOrder(["scenario": scenario.json, "name": "x", "index": 3, "count": 3, "arguments": []])
        }
    }

    @Test("Lines cross between processes whole, however they are cut")
    func lines() throws {
        let loop = try EventLoop(index: 0)
        let (ours, theirs) = try LineChannel.pair()
        try loop.enter { () -> Result<Void, LoadFailure> in
            do throws(LoadFailure) {
                let driver = Driver(loop: loop)
                let one = try LineChannel(ours, on: loop)
                let other = try LineChannel(theirs, on: loop)
                var received: [JSONValue] = []
                other.receive = { received.append($0) }
                // Longer than one read.
                let long = JSONValue.string(String(repeating: "ก", count: 30_000))
                for document in [long, ["a": 1], long] { one.send(document) }
                #expect(driver.settle(atMost: .seconds(5)) { received.count == 3 })
                #expect(received == [long, ["a": 1], long])
                one.close()
                #expect(one.isClosed && !other.isClosed)
                return .success(())
            } catch {
                return .failure(error)
            }
        }.get()
    }
}

@Suite("The generator's verdict")
struct GeneratorVerdictTests {
    private func lateness(_ milliseconds: Int, _ share: Int) -> Histogram {
        var histogram = Histogram()
        for index in 0..<1000 { histogram.record(.milliseconds(index < share ? milliseconds : 0)) }
        return histogram
    }

    @Test("One in a hundred arrivals may be late, and a core may be nearly full")
    func isFine() {
        #expect(!GeneratorVerdict(lateness: lateness(500, 9), cpu: 0.9).isBottleneck)
        #expect(!GeneratorVerdict(lateness: lateness(4, 1000), cpu: 0).isBottleneck)
        #expect(!GeneratorVerdict(lateness: Histogram(), cpu: 0.2).isBottleneck)
    }

    @Test("More than that, and the generator is what was measured; it says which")
    func isBottleneck() {
        let late = GeneratorVerdict(lateness: lateness(6, 20), cpu: 0.1)
        #expect(late.why.count == 1 && late.why[0].contains("6"))
        let full = GeneratorVerdict(lateness: Histogram(), cpu: 0.95)
        #expect(full.why.count == 1 && full.why[0].contains("0.95"))
        #expect(GeneratorVerdict(lateness: lateness(6, 20), cpu: 1).why.count == 2)
    }
}

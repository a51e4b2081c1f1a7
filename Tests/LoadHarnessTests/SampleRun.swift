import JSON
import Primitives

@testable import LoadHarness

/// Results of runs that never were, as a recorder would have filled them.
enum SampleRun {
    /// `latency`: a factor on every latency, `rate` one on every count.
    static func results(name: String = "chat", seconds: Int = 30, latency: Double = 1, rate: Double = 1) -> RunResults {
        var results = empty(name: name, seconds: Double(seconds))
        let recorder = Recorder()
        for second in 1...max(1, seconds) {
            let sent = Int(100 * rate)
            recorder.count("sent", sent)
            recorder.count("acknowledged", sent)
            recorder.count("delivered", sent * 3)
            for value in 1...sent {
                // Long tails, as real ones have: a few are ten times the rest.
                let slow = value % 50 == 0 ? 10.0 : 1
                recorder.record("message.ok", .microseconds(Int((2000 + Double(value * 20)) * slow * latency)))
                recorder.record("message.event", .microseconds(Int((2500 + Double(value * 30)) * slow * latency)))
            }
            if second == 11 { recorder.error("closed 4503") }
            results.series.append(
                recorder.takeInterval(), endedAt: Double(second),
                gauges: [
                    "connections": second == 11 ? 100 : 200, "serverCPU": 0.4 * rate,
                    "serverMemory": 90 + Double(second), "generatorCPU": 0.1, "lateness": 0.3,
                ])
        }
        results.stages = recorder.latencies
        results.totals = recorder.totals
        results.errors = recorder.errors
        return results
    }

    /// A run in which nothing was measured.
    static func empty(name: String = "chat", seconds: Double = 30) -> RunResults {
        var results = RunResults(
            scenario: [
                "name": .string(name), "title": "People who write, read, stop and reload",
                "seconds": .integer(Int64(seconds)),
                "groups": [["name": "people", "behaviour": "chat", "connections": 200]],
            ],
            startedAt: "2026-03-01T12:00:00Z", seconds: seconds, target: "ws://127.0.0.1:4000",
            command: ["sala-loadtest", "run", "chat", "--duration", "30s"],
            machine: ["cores": 2, "kernel": "Linux 6.1", "processor": "A processor", "memoryMiB": 8000])
        results.server = RunResults.Server(pid: 4711, version: "1.2.3")
        return results
    }
}

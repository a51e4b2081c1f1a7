import Primitives
import Testing

@testable import LoadHarness

@Suite("The live view")
struct LiveViewTests {
    static var snapshot: LiveSnapshot {
        var snapshot = LiveSnapshot()
        snapshot.name = "chat"
        snapshot.target = "ws://127.0.0.1:4000"
        snapshot.phase = .measuring
        (snapshot.elapsed, snapshot.length) = (12, 30)
        (snapshot.connections, snapshot.wantedConnections) = (1200, 1500)
        snapshot.rates = [("sent", 99.6), ("delivered", 300)]
        snapshot.stages = [
            .init(name: "connect", p99SoFar: 41, count: 1200),
            .init(name: "message.ok", p50: 3.041, p99: 12.5, p99SoFar: 1234, count: 3000),
        ]
        snapshot.errors = ["closed 4503": 2, "fault 2429": 1200, "HTTP 503": 2, "connect: refused": 1]
        (snapshot.serverCPU, snapshot.serverMemory) = (0.42, 92.5)
        (snapshot.generatorCPU, snapshot.lateness) = (0.1, 0.3)
        snapshot.event = RunResults.Event(at: 10, what: "cut half of people")
        return snapshot
    }

    @Test("A moment of a run as text")
    func text() {
        #expect(
            LiveView.lines(Self.snapshot).joined(separator: "\n") == """
                chat                                                         ws://127.0.0.1:4000
                [############------------------]  40 %  measuring, 18 s left of 30 s
                connections 1,200 of 1,500   sent 99.6/s   delivered 300/s
                latency                      p50 now       p99 now    p99 so far         count
                connect                            -             -         41 ms         1,200
                message.ok                   3.04 ms       12.5 ms      1,234 ms         3,000
                server 0.42 cores, 92.5 MiB   generator 0.1 cores, 0.3 ms late
                errors 1,205: fault 2429 x 1,200, HTTP 503 x 2, closed 4503 x 2 ...
                broken promises none
                last event at 10 s: cut half of people
                """)
    }

    @Test("Before anything is known it says so")
    func beginning() {
        #expect(
            LiveView.lines(LiveSnapshot()).map { $0.trimmingSpaces }
                == [
                    "", "preparing", "connections 0", "server: its process is not known", "errors none",
                    "broken promises none",
                ])
    }

    @Test("No line is wider than the screen, however long names are", arguments: [40, 80])
    func width(_ width: Int) {
        var snapshot = Self.snapshot
        snapshot.name = String(repeating: "n", count: 200)
        snapshot.rates = (1...20).map { ("rate \($0)", 1e9) }
        snapshot.stages.append(.init(name: String(repeating: "s", count: 100), p50: 1))
        snapshot.errors[String(repeating: "e", count: 100)] = 10_000
        snapshot.event = RunResults.Event(at: 1, what: String(repeating: "w", count: 100))
        for line in LiveView.lines(snapshot, width: width) { #expect(line.count <= width) }
    }

    @Test("Time that is over does not run over")
    func overtime() {
        var snapshot = Self.snapshot
        snapshot.elapsed = 45
        #expect(
            LiveView.lines(snapshot)[1] == "[\(String(repeating: "#", count: 30))] 100 %  measuring, 0 s left of 30 s")
    }

    @Test("Names cannot move the cursor")
    func names() {
        var snapshot = Self.snapshot
        snapshot.name = "a\u{1B}[2Jb\nc\u{202E}d"
        #expect(LiveView.lines(snapshot)[0].hasPrefix("a?[2Jb?c?d "))
        #expect(LiveView.line(snapshot).hasPrefix("a?[2Jb?c?d: "))
    }

    @Test("Colours only where they are wanted, and red only for what is bad")
    func colours() {
        var snapshot = Self.snapshot
        snapshot.broken = 3
        #expect(!LiveView.lines(snapshot).joined().contains("\u{1B}"))
        let lines = LiveView.lines(snapshot, hasColour: true)
        #expect(lines.contains("\u{1B}[31mbroken promises 3\u{1B}[0m"))
        snapshot.broken = 0
        #expect(LiveView.lines(snapshot, hasColour: true).contains("broken promises none"))
    }

    @Test("A terminal is drawn over; what it said stays above")
    func terminal() {
        var written = ""
        let screen = LiveScreen(mode: .terminal, hasColour: false) { text, _ in written += text }
        screen.show(LiveSnapshot(), now: 0)
        let height = LiveView.lines(LiveSnapshot()).count
        #expect(written.filter { $0 == "\n" }.count == height && !written.contains("\u{1B}[\(height)A"))
        written = ""
        screen.show(LiveSnapshot(), now: 1)
        #expect(written.hasPrefix("\u{1B}[\(height)A\r"))
        written = ""
        screen.say("killed")
        #expect(written == "\u{1B}[\(height)A\u{1B}[Jkilled\n")
        written = ""
        screen.clear()
        #expect(written.isEmpty)
    }

    @Test("A log has a line now and then, without a control character; silence is silent")
    func log() {
        var written: [String] = []
        let screen = LiveScreen(mode: .lines, hasColour: true) { text, descriptor in
            #expect(descriptor == 2)
            written.append(text)
        }
        for now in stride(from: 0.0, through: 25, by: 1) { screen.show(Self.snapshot, now: now) }
        #expect(written.count == 3)
        #expect(
            written.first
                == "chat: measuring, 18 s left of 30 s, 1,200 connections, sent 99.6/s, delivered 300/s, "
                + "message.ok p99 12.5 ms, 1,205 errors\n")
        LiveScreen(mode: .quiet, hasColour: true) { _, _ in Issue.record("not quiet") }.show(Self.snapshot, now: 0)
    }

    @Test("A snapshot takes the last interval and what was so far")
    func taking() {
        let recorder = Recorder()
        recorder.count("sent", 10)
        recorder.record("message.ok", .milliseconds(100))
        _ = recorder.takeInterval()
        recorder.count("sent", 4)
        recorder.record("message.ok", .milliseconds(2))
        var snapshot = LiveSnapshot()
        snapshot.take(recorder.takeInterval(), seconds: 2, soFar: recorder)
        #expect(snapshot.rates.map(\.name) == ["sent"] && snapshot.rates.map(\.value) == [2])
        #expect(snapshot.stages.map(\.p99) == [2] && snapshot.stages.map(\.p99SoFar) == [100])
    }
}

extension String {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

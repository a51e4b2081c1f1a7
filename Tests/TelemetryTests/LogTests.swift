import JSON
import Primitives
import Synchronization
import Telemetry
import Testing

@Suite("Log lines")
struct LogTests {
    private let sink = CapturingSink()
    private func log(_ level: LogLevel = .trace) -> Log { Log(minLevel: level, sink: sink, time: FixedTime()) }

    @Test("A line is one JSON object with time, level, message and attributes in order, and a line feed")
    func form() {
        log().notice(
            "server started",
            [
                "server.port": 8080, "sala.tenant": "jeco", "sala.share": 0.5, "sala.fresh": true,
                "sala.took": .duration(.milliseconds(1_500)),
            ])
        let expected =
            #"{"time":"2026-11-21T10:10:00.000+07:00","level":"notice","message":"server started","#
            + #""server.port":8080,"sala.tenant":"jeco","sala.share":0.5,"sala.fresh":true,"sala.took":1.5}"# + "\n"
        #expect(sink.lines == [expected])
    }

    @Test("Only lines at or above the level are made, and their attributes only then", arguments: LogLevel.allCases)
    func levels(level: LogLevel) {
        let made = Mutex(0)
        func attributes() -> LogAttributes {
            made.withLock { $0 += 1 }
            return [:]
        }
        let log = log(level)
        log.trace("m", attributes())
        log.debug("m", attributes())
        log.info("m", attributes())
        log.notice("m", attributes())
        log.warning("m", attributes())
        log.error("m", attributes())
        let expected = LogLevel.allCases.count - level.rawValue
        #expect(sink.lines.count == expected)
        #expect(made.withLock { $0 } == expected)
        #expect(sink.lines.first?.contains(#""level":"\#(level.name)""#) == true)
        #expect(LogLevel(name: level.name) == level)
    }

    @Test("A log made with attributes writes them first")
    func context() {
        let session = log().with(["sala.session.kind": "order"]).with(["sala.loop": 1])
        session.info("activated", ["sala.from": "checkpoint"])
        log().info("plain")
        #expect(sink.lines[0].contains(#""sala.session.kind":"order","sala.loop":1,"sala.from":"checkpoint"}"#))
        #expect(!sink.lines[1].contains("sala."))
    }

    @Test("Values cannot break out of their line")
    func escaping() throws {
        log().info("m", ["a": .text("x\"}\n{\"level\":\"error\r\u{0}\u{1b}[31m")])
        let line = try #require(sink.lines.first)
        #expect(line.utf8.filter { $0 < 0x20 } == [0x0A])
        #expect(try JSONParser.parse(line)["a"]?.string == "x\"}\n{\"level\":\"error\r\u{0}\u{1b}[31m")
    }

    @Test("Long text is cut between scalars and marked")
    func longText() throws {
        log().info("m", ["a": .text("x" + String(repeating: "ก", count: 1_000))])
        let line = try #require(sink.lines.first)
        let text = try #require(try JSONParser.parse(line)["a"]?.string)
        #expect(text == "x" + String(repeating: "ก", count: 170) + "…")
    }

    @Test("A line never exceeds its limit and stays whole JSON")
    func longLine() throws {
        for count in 0..<80 {
            var attributes: LogAttributes = [:]
            for _ in 0..<count { attributes.append("a", .text(String(repeating: "\u{1}", count: count * 3))) }
            log().info("m", attributes)
        }
        for line in sink.lines {
            #expect(line.utf8.count <= Log.maxLineBytes)
            #expect(line.hasSuffix("}\n"))
        }
        let last = try #require(sink.lines.last)
        #expect(last.contains(#","cut":true}"#))
        #expect(sink.lines.first?.contains("cut") == false)
    }

    @Test("A secret in a text is three stars")
    func secrets() {
        let secret = Secret("canary")
        log().info("m", ["a": "\(secret)", "b": .text(String(describing: secret))])
        #expect(sink.lines.count == 1)
        #expect(sink.lines[0].contains(#""a":"***","b":"***""#))
    }
}

struct FixedTime: TimeSource {
    var now: Instant { Instant(nanoseconds: 0) }
    var wallClock: Timestamp { Timestamp(seconds: 1_795_230_600) }
}

final class CapturingSink: LogSink {
    private let captured = Mutex<[String]>([])
    var lines: [String] { captured.withLock { $0 } }
    func write(_ line: [UInt8]) { captured.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
}

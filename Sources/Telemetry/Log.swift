internal import JSON
package import Primitives

/// Writes what happened as JSON lines: `time`, `level`, `message`, then the attributes.
///
/// The message is constant text, so that lines can be counted by it; everything variable is an attribute. A log is a
/// value: `with` makes one whose lines all carry some attributes more.
package struct Log: Sendable {
    /// The whole line with its line feed. One write of at most this size to a pipe is never mixed with another
    /// (`PIPE_BUF`, pipe(7)).
    package static let maxLineBytes = 4_096

    /// Lines below it are not made.
    package let minLevel: LogLevel
    private let sink: any LogSink
    private let time: any TimeSource
    private var context: LogAttributes = [:]

    package init(minLevel: LogLevel, sink: any LogSink, time: any TimeSource) {
        self.minLevel = minLevel
        self.sink = sink
        self.time = time
    }

    /// This log, with `attributes` on each of its lines.
    package func with(_ attributes: LogAttributes) -> Log {
        var log = self
        log.context.append(contentsOf: attributes)
        return log
    }

    package func isEnabled(_ level: LogLevel) -> Bool { level >= minLevel }

    /// Writes one line; the attributes are only made when the level is enabled.
    package func write(
        _ level: LogLevel, _ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]
    ) {
        guard isEnabled(level) else { return }
        sink.write(line(level, message, attributes()))
    }

    package func trace(_ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]) {
        write(.trace, message, attributes())
    }

    package func debug(_ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]) {
        write(.debug, message, attributes())
    }

    package func info(_ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]) {
        write(.info, message, attributes())
    }

    package func notice(_ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]) {
        write(.notice, message, attributes())
    }

    package func warning(_ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]) {
        write(.warning, message, attributes())
    }

    package func error(_ message: StaticString, _ attributes: @autoclosure () -> LogAttributes = [:]) {
        write(.error, message, attributes())
    }

    // MARK: The line

    private func line(_ level: LogLevel, _ message: StaticString, _ attributes: LogAttributes) -> [UInt8] {
        var writer = JSONWriter(reserving: 256)
        writer.beginObject()
        writer.name("time")
        writer.string(time.wallClock.rfc3339)
        writer.name("level")
        writer.string(level.name)
        writer.name("message")
        writer.string(message.description)
        var isCut = false
        for (name, value) in context.items + attributes.items {
            // A copy is taken back when the attribute does not fit; only long lines pay for it.
            let before = writer
            writer.name(name)
            value.write(into: &writer)
            guard writer.bytes.count > Self.maxLineBytes - Self.endBytes else { continue }
            writer = before
            isCut = true
        }
        if isCut {
            writer.name("cut")
            writer.bool(true)
        }
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    /// Room for `,"cut":true}` and the line feed.
    private static let endBytes = 16
}

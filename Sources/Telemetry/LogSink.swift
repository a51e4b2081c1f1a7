/// Where log lines go. Called from any thread; must not wait.
package protocol LogSink: Sendable {
    /// Takes one line: JSON text and a line feed, at most `Log.maxLineBytes`.
    func write(_ line: [UInt8])
}

/// Keeps nothing: for tests, and for commands whose standard output is their result.
package struct DiscardingLogSink: LogSink {
    package init() {}
    package func write(_ line: [UInt8]) {}
}

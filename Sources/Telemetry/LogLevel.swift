/// How much a log line matters, least first.
package enum LogLevel: Int, Comparable, CaseIterable, Sendable {
    /// Every action.
    case trace
    /// One connection's story.
    case debug
    /// One line per session activation and close.
    case info
    /// Lifecycle of the server.
    case notice
    /// Degraded, and healing by itself.
    case warning
    /// A person must act.
    case error

    package var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        }
    }

    /// Reads a level's name, as configuration gives it.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

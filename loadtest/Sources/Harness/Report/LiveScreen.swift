internal import Glibc

/// Where a running load test is shown: redrawn in place on a terminal, a line now and then in a log, or nowhere.
final class LiveScreen {
    enum Mode: Equatable {
        case terminal
        /// A line on standard error every `lineInterval` seconds.
        case lines
        case quiet
    }

    /// Seconds between two lines of a log.
    static let lineInterval = 10.0

    let mode: Mode
    private let hasColour: Bool
    private let write: (String, Int32) -> Void
    /// Lines that stand on the screen and are drawn over next time.
    private var drawn = 0
    private var lastLine: Double?

    /// `write` gets text and a standard descriptor.
    init(mode: Mode, hasColour: Bool, write: @escaping (String, Int32) -> Void = { Table.show($0, on: $1) }) {
        self.mode = mode
        self.hasColour = hasColour
        self.write = write
    }

    /// On standard output when that is a terminal; else nothing, or with `wantsLines` (`--progress`) lines on standard error.
    convenience init(wantsLines: Bool) {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        self.init(mode: isTerminal ? .terminal : wantsLines ? .lines : .quiet, hasColour: getenv("NO_COLOR") == nil)
    }

    /// `now`: seconds since any fixed instant.
    func show(_ snapshot: LiveSnapshot, now: Double) {
        switch mode {
        case .quiet: break
        case .lines:
            guard lastLine.map({ now - $0 >= Self.lineInterval }) ?? true else { return }
            lastLine = now
            write(LiveView.line(snapshot) + "\n", STDERR_FILENO)
        case .terminal:
            let (columns, rows) = Self.size
            let lines = LiveView.lines(snapshot, width: min(columns, LiveView.width), hasColour: hasColour)
            // A frame that is higher than the screen could not be drawn over.
            draw(Array(lines.prefix(max(1, rows - 1))))
        }
    }

    /// Something that stays: it is printed above the view.
    func say(_ text: String) {
        switch mode {
        case .quiet: break
        case .lines: write(text + "\n", STDERR_FILENO)
        case .terminal:
            clear()
            write(text + "\n", STDOUT_FILENO)
        }
    }

    /// Takes the view away: what is printed next stands in its place.
    func clear() {
        guard mode == .terminal, drawn > 0 else { return }
        write("\u{1B}[\(drawn)A\u{1B}[J", STDOUT_FILENO)
        drawn = 0
    }

    private func draw(_ lines: [String]) {
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\r\(line)\u{1B}[K\n" }
        if drawn > lines.count { text += "\u{1B}[J" }
        drawn = lines.count
        write(text, STDOUT_FILENO)
    }

    private static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

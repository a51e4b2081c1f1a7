/// The lines of a body that are not part of an event stream (WHATWG HTML §9.2.6: neither a field nor a comment), joined.
/// Keeps the first `maxBytes` of them.
struct StrayText: Sendable {
    private let maxBytes: Int
    private var line: [UInt8] = []
    /// The line has shown that it is part of the event stream.
    private var isSkipping = false
    private(set) var text: [UInt8] = []

    private static let fields = ["data", "event", "id", "retry"].map { Array($0.utf8) }

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    mutating func receive(_ bytes: [UInt8]) {
        for byte in bytes {
            if byte == 0x0A || byte == 0x0D {
                endLine()
            } else if !isSkipping, text.count + line.count < maxBytes {
                line.append(byte)
                // The longest field name is five letters: the sixth byte decides at the latest.
                if line.count <= 6, Self.isField(line) { isSkipping = true }
            }
        }
    }

    /// All stray text, an unfinished last line included.
    var whole: [UInt8] { text + line }

    private mutating func endLine() {
        if !isSkipping, !line.isEmpty, !Self.fields.contains(line) {
            text += line
            text.append(0x0A)
        }
        line.removeAll(keepingCapacity: true)
        isSkipping = false
    }

    private static func isField(_ line: [UInt8]) -> Bool {
        line.last == 0x3A && (line.count == 1 || fields.contains { $0.elementsEqual(line.dropLast()) })
    }
}

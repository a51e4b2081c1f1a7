internal import JSON

/// A signal as it stands in its sender's frame, to be told to the others without being taken apart. Valid as long as the frame's
/// bytes are.
///
/// Sendable because it is handed on within one call only, into an actor whose executor runs that call.
package struct SignalText: @unchecked Sendable {
    /// `kind/id`; ASCII without escapes.
    package let session: UnsafeRawBufferPointer
    /// ASCII without escapes.
    package let name: UnsafeRawBufferPointer
    /// JSON text; nil when there is none.
    package let data: UnsafeRawBufferPointer?

    package init(session: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer?) {
        self.session = session
        self.name = name
        self.data = data
    }

    /// The signal's frame to the others: its size first, so that it is written where it will stay.
    package struct Frame {
        fileprivate let signal: SignalText
        /// The sender's subject as JSON text, without its quotation marks.
        fileprivate let from: UnsafeRawBufferPointer

        package var byteCount: Int {
            Self.beforeSession.utf8CodeUnitCount + signal.session.count + Self.beforeName.utf8CodeUnitCount
                + signal.name.count + Self.beforeFrom.utf8CodeUnitCount + from.count
                + Self.beforeData.utf8CodeUnitCount + (signal.data?.count ?? Self.noData.utf8CodeUnitCount)
                + Self.end.utf8CodeUnitCount
        }

        private static var beforeSession: StaticString { #"{"type":"signal","session":""# }
        private static var beforeName: StaticString { #"","name":""# }
        private static var beforeFrom: StaticString { #"","from":""# }
        private static var beforeData: StaticString { #"","data":"# }
        private static var noData: StaticString { "{}" }
        private static var end: StaticString { "}" }

        /// Writes it; `room` has `byteCount` bytes.
        package func write(to room: UnsafeMutableRawBufferPointer) {
            var rest = room
            func put(_ bytes: UnsafeRawBufferPointer) {
                rest.copyMemory(from: bytes)
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
            }
            func put(_ text: StaticString) { text.withUTF8Buffer { put(UnsafeRawBufferPointer($0)) } }
            put(Self.beforeSession)
            put(signal.session)
            put(Self.beforeName)
            put(signal.name)
            put(Self.beforeFrom)
            put(from)
            put(Self.beforeData)
            if let data = signal.data { put(data) } else { put(Self.noData) }
            put(Self.end)
        }
    }

    /// The frame that tells of it; the same bytes as `ServerFrame.signal`.
    package func withFrame<Result>(from subject: String, _ use: (Frame) -> Result) -> Result {
        var subject = subject
        return subject.withUTF8 { text in
            guard text.contains(where: JSONWriter.escapes) else {
                return use(Frame(signal: self, from: UnsafeRawBufferPointer(text)))
            }
            let escaped = JSONValue.string(String(decoding: text, as: UTF8.self)).bytes
            return escaped.withUnsafeBytes {
                use(Frame(signal: self, from: UnsafeRawBufferPointer(rebasing: $0[1..<($0.count - 1)])))
            }
        }
    }
}

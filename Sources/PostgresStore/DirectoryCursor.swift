internal import Primitives

/// The place behind an item of a conversation list: its activity and, among equals, its session.
struct DirectoryCursor: Equatable {
    let activity: Timestamp
    let session: Int64

    init(activity: Timestamp, session: Int64) {
        self.activity = activity
        self.session = session
    }

    /// Reads what `text` wrote; nil for anything else (it comes back from clients).
    init?(_ text: String) {
        guard let bytes = Base64.decodeURLSafe(text.utf8), bytes.count == 16 else { return nil }
        func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
            Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        }
        self.init(activity: Timestamp(microseconds: integer(bytes[..<8])), session: integer(bytes[8...]))
    }

    var text: String {
        var bytes: [UInt8] = []
        for value in [activity.microseconds, session] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> Int64(shift)))
            }
        }
        return Base64.encodeURLSafe(bytes)
    }
}

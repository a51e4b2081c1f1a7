/// Where a sealed value stands: table, row, column. It opens nowhere else, so one that is copied into another row, or another
/// tenant's, is worth nothing.
package struct SealedPlace: Sendable, Hashable {
    package let parts: [String]

    /// `row`: what names the row, the tenant first.
    package init(table: String, row: [String], column: String) {
        parts = [table] + row + [column]
    }

    package init(parts: [String]) { self.parts = parts }

    /// The parts with `/` between them. What separates is escaped in them, so that no two places are the same bytes.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "/")) }
            for byte in part.utf8 {
                switch byte {
                case UInt8(ascii: "%"): bytes.append(contentsOf: "%25".utf8)
                case UInt8(ascii: "/"): bytes.append(contentsOf: "%2F".utf8)
                default: bytes.append(byte)
                }
            }
        }
        return bytes
    }
}

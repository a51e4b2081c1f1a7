/// Text as a part of a URL (RFC 3986 §2.1).
package enum PercentEncoding {
    /// `text` as one segment of a path, or as the value of a query's parameter. Of the unreserved characters the dot is encoded,
    /// too: so no segment is a path's parent.
    package static func segment(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x2D, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0x7E: out.append(byte)
            default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

internal import Authentication

/// A UUID by which LINE knows a push that it has accepted before: the same push with the same key is sent once, for 24 hours
/// (LINE, "Retrying an API request").
package struct RetryKey: Hashable, Sendable {
    /// In lower case, with hyphens.
    package let text: String

    /// nil unless it is a UUID in the form of RFC 9562 §4, in lower case.
    package init?(uuid: String) {
        let bytes = Array(uuid.utf8)
        guard bytes.count == 36,
            bytes.indices.allSatisfy({ index in
                switch bytes[index] {
                case 0x2D: [8, 13, 18, 23].contains(index)
                case 0x30...0x39, 0x61...0x66: ![8, 13, 18, 23].contains(index)
                default: false
                }
            })
        else { return nil }
        text = uuid
    }

    /// The key of an intent, such as the id of an effect in a log: the same each time, so also after a crash. Version 8 of
    /// RFC 9562 §5.8, from the first bytes of the name's SHA-256.
    package init(derivedFrom name: String) {
        var bytes = Array(SHA256.digest(Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { out.append(0x2D) }
            out += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        text = String(decoding: out, as: UTF8.self)
    }
}

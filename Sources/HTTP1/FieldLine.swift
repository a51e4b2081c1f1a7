/// One `field-line` (RFC 9112 §5): a name, a colon, a value. No folding, no space before the colon.
struct FieldLine {
    /// In lower case.
    let name: String
    /// Without the white space around it.
    let value: String

    /// `line` has no CR LF, and no control character but HTAB: `LineScanner` saw to that.
    init(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
        guard let first = line.first, !Octet.isOptionalSpace(first) else { throw .obsoleteFolding }
        guard let colon = line.firstIndex(where: { !Octet.isToken($0) }) else { throw .malformedField }
        if Octet.isOptionalSpace(line[colon]) {
            let next = line[colon...].first { !Octet.isOptionalSpace($0) }
            throw next == Octet.colon ? .spaceBeforeColon : .malformedField
        }
        guard line[colon] == Octet.colon, colon > line.startIndex else { throw .malformedField }
        name = Self.lowercasedString(line[line.startIndex..<colon])
        // Field values are ASCII with opaque bytes above it (RFC 9110 §5.5). Only UTF-8 is taken for such bytes: text
        // that had to be repaired could compare equal to text that was not.
        guard let value = String(validating: Octet.trimmed(line[(colon + 1)...]), as: UTF8.self) else {
            throw .fieldValueNotUTF8
        }
        self.value = value
    }

    private static func lowercasedString(_ token: ArraySlice<UInt8>) -> String {
        String(unsafeUninitializedCapacity: token.count) { buffer in
            var count = 0
            for byte in token {
                buffer[count] = Octet.lowercased(byte)
                count += 1
            }
            return count
        }
    }
}

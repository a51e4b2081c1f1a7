/// Where name and value stand in one `field-line` (RFC 9112 §5): a name, a colon, a value. No folding, no space before the
/// colon.
struct FieldLine {
    /// A token; in any case.
    let name: Range<Int>
    /// UTF-8, without the white space around it.
    let value: Range<Int>

    /// `line` has no CR LF, and no control character but HTAB: `LineScanner` saw to that.
    init(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
        guard let first = line.first, !Octet.isOptionalSpace(first) else { throw .obsoleteFolding }
        guard let colon = line.firstIndex(where: { !Octet.isToken($0) }) else { throw .malformedField }
        if Octet.isOptionalSpace(line[colon]) {
            let next = line[colon...].first { !Octet.isOptionalSpace($0) }
            throw next == Octet.colon ? .spaceBeforeColon : .malformedField
        }
        guard line[colon] == Octet.colon, colon > line.startIndex else { throw .malformedField }
        name = line.startIndex..<colon
        let value = Octet.trimmed(line[(colon + 1)...])
        // Field values are ASCII with opaque bytes above it (RFC 9110 §5.5). Only UTF-8 is taken for such bytes: text
        // that had to be repaired could compare equal to text that was not.
        guard value.allSatisfy({ $0 < 0x80 }) || String(validating: value, as: UTF8.self) != nil else {
            throw .fieldValueNotUTF8
        }
        self.value = value.indices
    }
}

/// Why a text has no fields as EMVCo writes them.
package enum EMVCoViolation: Error, Equatable, Sendable {
    /// No tag, length and value, or something behind the checksum.
    case malformed
    case fieldRepeated
    case checksumMissing, checksumWrong
}

/// Feeds one input to a decoder in many segmentations, all of which must have the same outcome.
package enum DecoderVerifier {
    /// Two segmentations of the same input had different outcomes.
    package struct Disagreement: Error, CustomStringConvertible {
        package let description: String
    }

    /// Inputs up to this many bytes are cut at every point, longer ones near both ends and at points evenly between.
    private static let maxBytesCutEverywhere = 2048

    /// The outcome of `decode`, which makes a fresh decoder, feeds it the segments in order and says what came of it.
    /// Segmentations: whole, byte by byte, in pieces of 2, 3, 7 and 64 bytes, in two pieces at each cut point, and with
    /// empty segments.
    package static func outcome<Outcome: Equatable>(
        of input: [UInt8], decode: ([ArraySlice<UInt8>]) throws -> Outcome
    ) throws -> Outcome {
        let whole = try decode([input[...]])
        func check(_ segments: [ArraySlice<UInt8>], _ name: String) throws {
            let other = try decode(segments)
            guard other == whole else {
                throw Disagreement(description: "whole: \(whole)\n\(name): \(other)")
            }
        }
        for size in [1, 2, 3, 7, 64] { try check(pieces(of: input, size), "in pieces of \(size)") }
        try check([[], input[...], []], "between empty segments")
        for cut in cutPoints(input.count) { try check([input[..<cut], input[cut...]], "cut at \(cut)") }
        return whole
    }

    /// `input` in pieces of `size` bytes; the last may be shorter.
    package static func pieces(of input: [UInt8], _ size: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: input.count, by: size).map { input[$0..<min($0 + size, input.count)] }
    }

    private static func cutPoints(_ count: Int) -> [Int] {
        guard count > maxBytesCutEverywhere else { return Array(0...count) }
        let edge = 64
        let step = count / 32
        return Array(0..<edge) + stride(from: edge, to: count - edge, by: step) + Array((count - edge)...count)
    }
}

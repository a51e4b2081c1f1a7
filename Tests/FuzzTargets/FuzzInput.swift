import TestSupport

/// How the bytes of a fuzzer are read: one byte of flags, one that says how many segment sizes follow (0–7), the sizes,
/// and the payload.
///
/// So the fuzzer chooses where the payload is cut, and finds out which cuts matter as it finds out which bytes do.
package struct FuzzInput: Sendable {
    private static let maxSizes = 7

    /// What a target makes of them is its own.
    package let flags: UInt8
    package let payload: [UInt8]
    private let sizes: [Int]

    package init(_ bytes: [UInt8]) {
        flags = bytes.first ?? 0
        let count = bytes.count > 1 ? Int(bytes[1]) & Self.maxSizes : 0
        let rest = bytes.dropFirst(2)
        sizes = rest.prefix(count).map(Int.init)
        payload = Array(rest.dropFirst(count))
    }

    /// The bytes that are read as this.
    package static func bytes(flags: UInt8 = 0, sizes: [UInt8] = [], _ payload: some Sequence<UInt8>) -> [UInt8] {
        [flags, UInt8(sizes.count)] + sizes + payload
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    var text: String { String(decoding: payload, as: UTF8.self) }
    /// The payload between its line feeds.
    var lines: [String] {
        payload.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The payload in segments of these sizes, over and over; whole when no size is above zero.
    package var segments: [ArraySlice<UInt8>] {
        guard sizes.contains(where: { $0 > 0 }) else { return [payload[...]] }
        var segments: [ArraySlice<UInt8>] = []
        var start = 0
        while start < payload.count {
            for size in sizes where start < payload.count {
                let end = min(start + size, payload.count)
                segments.append(payload[start..<end])
                start = end
            }
        }
        return segments
    }

    /// Payloads up to this many bytes are also cut behind each of them, longer ones into so many small pieces.
    private static let maxSmallPieces = 256

    /// What comes of the payload, which must be the same whole, in small pieces, and as the input cuts it.
    func outcome<Outcome: Equatable>(_ decode: ([ArraySlice<UInt8>]) throws -> Outcome) throws -> Outcome {
        let whole = try decode([payload[...]])
        let pieces = DecoderVerifier.pieces(of: payload, payload.count / Self.maxSmallPieces + 1)
        let small = try decode(pieces)
        try expect(small == whole, "whole: \(whole)\nin small pieces: \(small)")
        let cut = try decode(segments)
        try expect(cut == whole, "whole: \(whole)\ncut: \(cut)")
        return whole
    }
}

import JSON
import TestSupport
import WebSocket

extension FuzzTarget {
    static let utf8 = FuzzTarget("utf8") { input in
        // Where the text is refused does not depend on the cuts, but is only seen at a segment's end.
        let isValid = try input.outcome { segments in
            var validator = UTF8Validator()
            for segment in segments {
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: segment.count, alignment: 1)
                defer { memory.deallocate() }
                memory.copyBytes(from: segment)
                if !validator.consume(UnsafeRawBufferPointer(memory)) { return false }
            }
            return validator.isComplete
        }
        try expect(
            isValid == (String(validating: input.payload, as: UTF8.self) != nil), "the standard library disagrees")
        let refused = firstRefused(input.payload)
        try expect(refused == Reference.firstRefused(input.payload), "refused at \(refused ?? -1)")
    } seeds: {
        let texts = try Vectors.documents("websocket").filter { $0.name == "text" }.flatMap { $0.value.array ?? [] }
        return try texts.flatMap { vector in
            let bytes = try hexadecimal(vector["input"] ?? .null)
            let isLong = bytes.count > 1_024
            return isLong
                ? []
                : [FuzzInput.bytes(bytes), FuzzInput.bytes(sizes: [9, 2], Array(repeating: 0x61, count: 37) + bytes)]
        }
    }

    /// The index of the byte at which a validator that is fed byte by byte says no.
    private static func firstRefused(_ bytes: [UInt8]) -> Int? {
        var validator = UTF8Validator()
        return bytes.indices.first { !validator.consume([bytes[$0]].span.bytes) }
    }

    /// RFC 3629 §4, the syntax as it stands there.
    private enum Reference {
        private static let sequences: [[ClosedRange<UInt8>]] = [
            [0x00...0x7F], [0xC2...0xDF, 0x80...0xBF], [0xE0...0xE0, 0xA0...0xBF, 0x80...0xBF],
            [0xE1...0xEC, 0x80...0xBF, 0x80...0xBF], [0xED...0xED, 0x80...0x9F, 0x80...0xBF],
            [0xEE...0xEF, 0x80...0xBF, 0x80...0xBF], [0xF0...0xF0, 0x90...0xBF, 0x80...0xBF, 0x80...0xBF],
            [0xF1...0xF3, 0x80...0xBF, 0x80...0xBF, 0x80...0xBF], [0xF4...0xF4, 0x80...0x8F, 0x80...0xBF, 0x80...0xBF],
        ]

        /// The first byte with which the text so far is the beginning of no valid text.
        static func firstRefused(_ bytes: [UInt8]) -> Int? {
            var candidates = sequences
            var position = 0
            for (index, byte) in bytes.enumerated() {
                candidates = candidates.filter { $0[position].contains(byte) }
                guard let one = candidates.first else { return index }
                position += 1
                if position == one.count { (candidates, position) = (sequences, 0) }
            }
            return nil
        }
    }
}

import Authentication
import LanguageModels
import Primitives

extension FuzzTarget {
    /// Readers of one short text. The flags choose which.
    static let smallTexts = FuzzTarget(
        "small-texts", words: ["https://", "2026-11-21T10:00:00.250+07:00", ":read", ":write", "GMT", "[::1]:80", "=="]
    ) { input in
        switch input.flags % 6 {
        case 0: try checkTimestamp(input.text)
        case 1: try checkOrigin(input.text)
        case 2: try checkGrant(input.text)
        case 3: try checkBase64(input.payload)
        case 4:
            let delay = RetryAfter.delay(
                milliseconds: nil, retryAfter: input.text, wallClock: Timestamp(seconds: 784_111_700))
            try expect(delay.map { $0 > .zero && $0 <= RetryAfter.longest } != false, "\(delay ?? .zero)")
        default:
            let delay = RetryAfter.delay(milliseconds: input.text, retryAfter: nil, wallClock: Timestamp(seconds: 0))
            try expect(delay.map { $0 > .zero && $0 <= RetryAfter.longest } != false, "\(delay ?? .zero)")
        }
    } seeds: {
        let texts: [(UInt8, String)] = [
            (0, "2026-11-21T10:00:00.250+07:00"), (0, "0000-01-01T00:00:00Z"),
            (0, "9999-12-31t23:59:60.999999999-23:59"),
            (0, "2024-02-29T00:00:00z"), (1, "https://jeco.example"), (1, "http://127.0.0.1:8080"),
            (1, "https://[::1]:443"),
            (1, "HTTPS://A_B.example:65535"), (1, "null"), (2, "payment/981:read"), (2, "order/a:b~c@d-e.f_g:write"),
            (3, "aGVsbG8="),
            (3, "aGVsbG8"), (3, "-_-_"), (3, "++//"), (4, "Sun, 06 Nov 1994 08:49:37 GMT"), (4, "31"), (4, "31.5"),
            (5, "250"), (5, "nan"),
        ]
        return texts.map { FuzzInput.bytes(flags: $0, $1.utf8) }
    }

    private static func checkTimestamp(_ text: String) throws {
        guard let time = Timestamp(rfc3339: text) else { return }
        // Written in Bangkok's time, so what lies outside the years 0 to 9999 there cannot be written.
        guard text.prefix(4) != "0000", text.prefix(4) != "9999" else { return }
        guard let again = Timestamp(rfc3339: time.rfc3339) else {
            throw Violated("\(text) is written as \(time.rfc3339)")
        }
        let milliseconds = { (time: Timestamp) in
            (time.microseconds - (time.microseconds % 1_000 + 1_000) % 1_000) / 1_000
        }
        try expect(milliseconds(again) == milliseconds(time), "\(text) is written as \(time.rfc3339)")
    }

    private static func checkOrigin(_ text: String) throws {
        guard let origin = Origin(text) else { return }
        let again = Origin("\(origin.scheme)://\(origin.host):\(origin.port)")
        // The port may be what makes it too long.
        try expect(again == origin || text.utf8.count > Origin.maxBytes - 6, "\(text) is read as \(origin)")
        try expect(text.lowercased().hasPrefix("\(origin.scheme)://\(origin.host)"), "\(text) is read as \(origin)")
    }

    private static func checkGrant(_ text: String) throws {
        guard let grant = Grant(text) else { return }
        try expect(grant.text.utf8.elementsEqual(text.utf8), "\(text) is read as \(grant)")
        try expect(grant.allows(.read, kind: grant.kind, id: grant.id), "\(grant) does not allow what it says")
        try expect(!grant.allows(.read, kind: grant.kind, id: grant.id + "x"), "\(grant) allows more than it says")
    }

    private static func checkBase64(_ bytes: [UInt8]) throws {
        try expect(Base64.decode(Base64.encode(bytes).utf8) == bytes, "base64")
        try expect(Base64.decodeURLSafe(Base64.encodeURLSafe(bytes).utf8) == bytes, "base64url")
        // Strict: one text for one value, or a signature could be changed without being changed.
        if let value = Base64.decode(bytes) {
            try expect(Base64.encode(value).utf8.elementsEqual(bytes), "two texts for one value")
        }
        if let value = Base64.decodeURLSafe(bytes) {
            try expect(Base64.encodeURLSafe(value).utf8.elementsEqual(bytes), "two texts for one value")
        }
    }
}

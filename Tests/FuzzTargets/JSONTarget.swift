import JSON
import TestSupport

extension FuzzTarget {
    /// The flags choose where the text is cut off.
    static let json = FuzzTarget(
        "json", words: ["true", "false", "null", "\\u0000", "\\ud83d\\ude00", "-0.0", "1e308", "9223372036854775808"]
    ) { input in
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(input.payload)
        } catch {
            return try expect((0...input.payload.count).contains(error.index), "a mistake at \(error.index)")
        }
        let written = value.bytes
        // What is recognised as the writer's form is exactly that, and no beginning of it is.
        let writtenEnd = CanonicalJSON.end(ofValueIn: written.span.bytes, at: 0)
        try expect(writtenEnd == nil || writtenEnd == written.count, "\(value.text) ends at \(writtenEnd ?? 0)")
        if let end = CanonicalJSON.end(ofValueIn: input.payload.span.bytes, at: 0), end == input.payload.count {
            try expect(written == input.payload, "\(value) is written as \(value.text)")
        }
        let again = try JSONParser.parse(written)
        try expect(again == value.withWholeNumbers, "\(value) is read back as \(again)")
        try expect(again.bytes == written, "\(value.text) is written again as \(again.text)")
        for (before, after, wrap) in [
            ("[", "]", { JSONValue.array([$0]) }), (" {\"a\" : ", "\n}", { ["a": $0] }),
        ] as [(String, String, (JSONValue) -> JSONValue)] {
            let text = Array(before.utf8) + input.payload + Array(after.utf8)
            let inner = Result { () throws(JSONError) in try JSONParser.parse(text) }
            switch inner {
            case .success(let inner): try expect(inner == wrap(value), "\(value) reads differently inside another")
            case .failure(let error): try expect(error.reason == .tooDeep, "\(value) is refused inside another")
            }
        }
        // What ends in a bracket is no value without it.
        if value.array != nil || value.object != nil,
            let end = input.payload.lastIndex(where: { $0 == 0x5D || $0 == 0x7D })
        {
            let cut = Array(input.payload[..<(end * Int(input.flags) / 255)])
            let isAccepted = if case .success = Result(catching: { try JSONParser.parse(cut) }) { true } else { false }
            try expect(!isAccepted, "a beginning of \(value) is taken for a whole")
        }
    } seeds: {
        let texts = [
            #"{"type":"command","id":7,"session":"conversation/c1","name":"message.send","data":{"text":"สวัสดี 😀"}}"#,
            #"[0,-1,1.5,-0.0,1e3,1E-7,9223372036854775807,-9223372036854775808,9223372036854775808,1e308,[],{}]"#,
            #""\"\\\/\b\f\n\r\t\u0e01\ud83d\ude00""#, " [ true , false , null ] ", "-9223372036854775808.0",
            #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}"#, #"{"a":1,"a":2}"#, #""\ud800""#, "[1,]",
            "01",
            String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
            String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
        ]
        let documents = try Vectors.documents("http1") + Vectors.documents("language-models")
        return (texts + documents.flatMap { $0.value.array ?? [] }.map(\.text)).filter { $0.utf8.count < 2_048 }
            .map { FuzzInput.bytes(flags: 200, $0.utf8) }
    }
}

extension JSONValue {
    /// As a writer writes it: a double that is a whole number below 2^53 becomes an integer.
    var withWholeNumbers: JSONValue {
        switch self {
        case .double(let value):
            if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { .integer(whole) } else { self }
        case .array(let items): .array(items.map(\.withWholeNumbers))
        case .object(var object):
            {
                for member in object.members { object[member.name] = member.value.withWholeNumbers }
                return .object(object)
            }()
        case .null, .bool, .integer, .string: self
        }
    }
}

import JSON
import TestSupport
import Testing
import WireProtocol

@Suite("Frames that are read without a tree")
struct FrequentFrameTests {
    /// The frame, with what its places hold.
    private enum Found: Equatable {
        case ping(n: String?)
        case signal(session: String, name: String, data: String?)
        case ack(session: String, offset: Int64)
    }

    private func read(_ text: String) -> Found? {
        let bytes = Array(text.utf8)
        func at(_ place: Range<Int>) -> String { String(decoding: bytes[place], as: UTF8.self) }
        return switch FrequentFrame(bytes.span.bytes) {
        case .ping(let n): .ping(n: n.map(at))
        case .signal(let session, let name, let data): .signal(session: at(session), name: at(name), data: data.map(at))
        case .ack(let session, let offset): .ack(session: at(session), offset: offset)
        case nil: nil
        }
    }

    @Test("the frames that programs send are among them")
    func usual() {
        #expect(read(#"{"type":"ping","n":7}"#) == .ping(n: "7"))
        #expect(read(#"{"type":"ping"}"#) == .ping(n: nil))
        #expect(read(#"{ "type": "ping", "n": "a" }"#) == .ping(n: #""a""#))
        #expect(
            read(
                #"{"type":"signal","session":"conversation/c_1","name":"typing","data":{"x":"สวัสดี","n":[1,-20,true,null]}}"#
            )
                == .signal(session: "conversation/c_1", name: "typing", data: #"{"x":"สวัสดี","n":[1,-20,true,null]}"#))
        #expect(
            read("{\"name\":\"typing\",\r\n\t\"type\":\"signal\",\"session\":\"s\"}")
                == .signal(session: "s", name: "typing", data: nil))
        #expect(read(#"{"type":"ack","session":"order/1","offset":880}"#) == .ack(session: "order/1", offset: 880))
    }

    @Test(
        "everything else is for the tree",
        arguments: [
            "", "{", "{}", "[]", "null", #"{"type":"ping","n":7"#, #"{"type":"ping","n":7}}"#,
            #"{"type":"ping","n":7,}"#,
            #"{"type":"ping","type":"ping"}"#, #"{"type":"ping","n":1,"n":1}"#, #"{"type":"ping","id":1}"#,
            #"{"type":"ping","later":1}"#, #"{"type":"ping","session":"s"}"#, #"{"type":"Ping"}"#, #"{"n":1}"#,
            #"{"type":"ping","n":1.0}"#, #"{"type":"ping","n":1e2}"#, #"{"type":"ping","n":-0}"#,
            #"{"type":"ping","n":01}"#,
            #"{"type":"ping","n":1234567890123456789}"#, #"{"type":"ping","n":-}"#, #"{"type":"ping","n":tru}"#,
            #"{"type":"ping","n":"\/"}"#, #"{"type":"ping","n":"\u0041"}"#, #"{"type":"ping","n":{"a":1, "b":2}}"#,
            #"{"type":"ping","n":{"a":1,"a":2}}"#, #"{"type":"ping","n":{"a":1,"b":2,"a":3}}"#,
            #"{"type":"ping","n":{"é":1}}"#,
            #"{"type":"ping","n":[1,]}"#, #"{"type":"ping","n":[,1]}"#, #"{"type":"ping","n":{"a":}}"#,
            "{\"type\":\"ping\",\"n\":\"a\nb\"}", #"{"type":"p\u0069ng"}"#, #"{"ty\u0070e":"ping"}"#,
            #"{"type":"signal","session":"s"}"#, #"{"type":"signal","name":"n"}"#,
            #"{"type":"signal","session":"s","name":""}"#,
            #"{"type":"signal","session":"s","name":"n","n":1}"#, #"{"type":"signal","session":"é","name":"n"}"#,
            #"{"type":"signal","session":1,"name":"n"}"#, #"{"type":"signal","session":"s","name":"n","offset":1}"#,
            #"{"type":"ack","session":"s","offset":-1}"#, #"{"type":"ack","session":"s","offset":1.0}"#,
            #"{"type":"ack","session":"s"}"#, #"{"type":"ack","session":"s","offset":1,"data":{}}"#,
            #"{"type":"hello"}"#, #"{"type":"subscribe","session":"s"}"#,
        ])
    func unusual(text: String) { #expect(read(text) == nil) }

    @Test func boundsAreHeld() {
        func nested(_ depth: Int) -> String {
            #"{"type":"ping","n":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(read(nested(CanonicalJSON.maxDepth)) != nil)
        #expect(read(nested(CanonicalJSON.maxDepth + 1)) == nil)
        func members(_ count: Int) -> String {
            #"{"type":"ping","n":{"# + (0..<count).map { "\"m\($0)\":\($0)" }.joined(separator: ",") + "}}"
        }
        #expect(read(members(CanonicalJSON.maxMembers)) != nil)
        #expect(read(members(CanonicalJSON.maxMembers + 1)) == nil)
        func digits(_ count: Int) -> String { #"{"type":"ping","n":"# + String(repeating: "9", count: count) + "}" }
        #expect(read(digits(CanonicalJSON.maxDigits)) != nil)
        #expect(read(digits(CanonicalJSON.maxDigits + 1)) == nil)
        func name(_ count: Int) -> String {
            #"{"type":"signal","session":"s","name":""# + String(repeating: "n", count: count) + #""}"#
        }
        #expect(read(name(ClientFrame.maxNameBytes)) != nil)
        #expect(read(name(ClientFrame.maxNameBytes + 1)) == nil)
    }

    /// Every byte at every place of a string, so that those eight that are looked at together are tried in all positions.
    @Test func everyByteOfAStringIsLookedAt() {
        let usual = Array(#"{"type":"ping","n":"abcdefghijklmnopqrstuvwxyz"}"#.utf8)
        let first = usual.count - 28
        for index in first..<(first + 26) {
            for byte in UInt8.min...UInt8.max {
                var text = usual
                text[index] = byte
                let isFound = FrequentFrame(text.span.bytes) != nil
                // A backslash makes an escape of the byte behind it.
                let isEscape = byte == 0x5C && "nrt".utf8.contains(text[index + 1])
                #expect(
                    isFound == (isEscape || byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C),
                    "\(byte) at \(index)")
            }
        }
    }
}

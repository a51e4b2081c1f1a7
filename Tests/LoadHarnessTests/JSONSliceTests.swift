import JSON
import Testing

@testable import LoadHarness

@Suite("JSONSlice")
struct JSONSliceTests {
    private func with<Result>(_ text: String, _ body: (JSONSlice) -> Result) -> Result {
        Array(text.utf8).withUnsafeBytes { body(JSONSlice($0)) }
    }

    @Test("Members are found wherever they stand, whatever is in those before")
    func members() {
        let text =
            #" { "a" : {"offset":1,"x":["}",{"y":"\"]"}]} ,"offset": 42 ,"t":true,"s":"ก\"ข","n":-7,"e":{},"last":null}"#
        with(text) { slice in
            #expect(slice["offset"]?.integer == 42)
            #expect(slice["a"]?["offset"]?.integer == 1)
            #expect(slice["t"]?.isTrue == true)
            #expect(slice["s"]?.string == "ก\"ข")
            #expect(slice["n"]?.integer == -7)
            #expect(slice["e"]?.value == .object(JSONObject()))
            #expect(slice["last"]?.value == .null)
            #expect(slice["x"] == nil && slice["a"]?["y"] == nil)
        }
    }

    @Test("Strings are compared with and without escapes")
    func strings() {
        with(#"{"type":"event","other":"eve\u006et"}"#) { slice in
            #expect(slice["type"]?.says("event") == true)
            #expect(slice["type"]?.says("even") == false)
            #expect(slice["type"]?.says(String("event")) == true)
            // A name that we compare is never written with escapes; it is not taken for something else.
            #expect(slice["other"]?.says("event") == false)
            #expect(slice["other"]?.string == "event")
        }
    }

    @Test(
        "What is cut off or no JSON has no members, and nothing is read behind it",
        arguments: [
            "", "{", "{\"", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":{", "[1]", "7", "{\"b\":}",
            "{a:1}", "{\"b\" 1}",
        ])
    func broken(_ text: String) {
        with(text) { #expect($0["a"] == nil) }
    }

    @Test("Numbers that do not fit, and fractions, are no integers")
    func numbers() {
        with(#"{"big":9223372036854775808,"most":9223372036854775807,"half":0.5,"minus":-,"text":"1"}"#) { slice in
            #expect(slice["big"]?.integer == nil)
            #expect(slice["most"]?.integer == .max)
            #expect(slice["half"]?.integer == nil)
            #expect(slice["minus"]?.integer == nil)
            #expect(slice["text"]?.integer == nil)
        }
    }

    @Test("Every prefix of a frame is read without reading on")
    func prefixes() {
        let text = #"{"type":"event","session":"conversation/c","offset":7,"data":{"message":{"text":"load 12 xx"}}}"#
        let bytes = Array(text.utf8)
        for count in 0...bytes.count {
            Array(bytes.prefix(count)).withUnsafeBytes { prefix in
                let mark = MessageMark.of(JSONSlice(prefix)["data"])
                // The last brace closes the frame itself.
                #expect(mark == (count >= bytes.count - 1 ? 12 : nil), "\(count)")
            }
        }
    }

    @Test("A message is known by its number alone")
    func marks() {
        func mark(_ text: String) -> Int? { MessageMark.of(["message": ["text": .string(text)]] as JSONValue) }
        #expect(mark(MessageMark.text(17, bytes: 80)) == 17)
        #expect(MessageMark.text(17, bytes: 80).utf8.count == 80)
        #expect(MessageMark.text(1234, bytes: 0) == "load 1234 ")
        #expect(mark("load x") == nil && mark("load ") == nil && mark("load  1 ") == nil && mark("hello") == nil)
        #expect(mark("load 99999999999999999999 ") == nil)
    }
}

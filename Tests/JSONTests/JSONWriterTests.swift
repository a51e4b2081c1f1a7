import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    static let texts: [(JSONValue, String)] = [
        (.null, "null"), (.bool(true), "true"), (.integer(.min), "-9223372036854775808"), (.integer(0), "0"),
        (.double(1.5), "1.5"), (.double(-0.0), "0"), (.double(1e300), "1e+300"), (.double(.nan), "null"),
        (.double(.infinity), "null"), (.double(3), "3"), (.double(9_007_199_254_740_992), "9007199254740992.0"),
        // Whole, and its magnitude is no Int64.
        (.double(-0x1p63), "-9.223372036854776e+18"), (.double(0x1p63), "9.223372036854776e+18"),
        (.string("a\"\\\n\r\t\u{8}\u{1F}"), #""a\"\\\n\r\t\u0008\u001f""#),
        (.string("\u{7F}ก😀\u{2028}"), "\"\u{7F}ก😀\u{2028}\""), (.array([]), "[]"), (.object([:]), "{}"),
        (.array([.integer(1), .array([.integer(2)]), .object(["b": .null])]), #"[1,[2],{"b":null}]"#),
        (.object(["a\"": .integer(1), "ก": .array([.object([:])])]), #"{"a\"":1,"ก":[{}]}"#),
    ]

    @Test(arguments: texts)
    func isCompact(value: JSONValue, expected: String) {
        #expect(value.text == expected)
    }

    @Test func placesItsOwnCommas() {
        var writer = JSONWriter(reserving: 0)
        writer.beginObject()
        writer.member("a", 1)
        writer.name("b")
        writer.beginArray()
        writer.integer(-5)
        writer.raw(Array(#"{"raw":true}"#.utf8))
        writer.beginArray()
        writer.endArray()
        writer.string("x")
        writer.endArray()
        writer.name("c")
        writer.raw(Array("null".utf8))
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":1,"b":[-5,{"raw":true},[],"x"],"c":null}"#)
    }
}

@Suite("JSON values")
struct JSONValueTests {
    @Test func numbersAreReadAsWhatTheyAreExactly() {
        #expect(JSONValue.double(5).integer == 5 && JSONValue.double(5.5).integer == nil)
        #expect(JSONValue.double(9.3e18).integer == nil && JSONValue.double(.nan).integer == nil)
        #expect(
            JSONValue.integer(5).double == 5 && JSONValue.string("5").integer == nil
                && JSONValue.bool(true).integer == nil)
    }

    @Test func absentMembersAndItemsAreNil() {
        let value: JSONValue = ["a": [1]]
        #expect(value["a"]?[0] == 1 && value["a"]?[1] == nil && value["a"]?[-1] == nil && value["b"] == nil)
        #expect(value["a"]?["b"] == nil && JSONValue.null["a"] == nil && value[0] == nil)
    }

    @Test func objectsAreChangedByName() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        object["none"] = nil
        #expect(object == ["a": 3, "c": 4])
    }
}

import CZlib
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Content codings of answers (RFC 9110 §8.4, §12.5.3)")
struct CodedAnswerTests {
    /// The content of one gzip member, which must be all of `bytes`; nil when it is none.
    static func inflated(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        var output = [UInt8](repeating: 0, count: 4 * 1024 * 1024)
        var input = bytes
        return input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output -> [UInt8]? in
                guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                    return nil
                }
                defer { inflateEnd(&stream) }
                (stream.next_in, stream.avail_in) = (UnsafePointer(input.baseAddress), UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                guard inflate(&stream, Z_FINISH) == Z_STREAM_END, stream.avail_in == 0 else { return nil }
                return Array(output[..<(output.count - Int(stream.avail_out))])
            }
        }
    }

    /// A conversation whose snapshot is longer than the bound.
    private func world() throws -> (GatewayWorld, bearer: String) {
        let world = try GatewayWorld(
            {
                $0.isDevelopment = true
                // What is left of a rate would tell two answers apart.
                $0.enforcesRates = false
            }, demo: DemoServices(token: { _ in String(repeating: "t", count: 4_000) }, play: { $1(nil) }))
        let created = try world.ask(
            "PUT", "/v1/sessions/conversation/c_1", ["Authorization: Bearer \(try world.token(role: "staff"))"],
            body: #"{"owner":"u_1","advisor":false}"#)
        #expect(created.status == 201)
        let bearer = "Authorization: Bearer \(try world.token())"
        let said = try world.ask(
            "POST", "/v1/sessions/conversation/c_1/commands", [bearer],
            body: #"{"name":"message.send","data":{"text":"\#(String(repeating: "สวัสดี ", count: 200))"}}"#)
        #expect(said.status == 200)
        return (world, bearer)
    }

    private let snapshot = "/v1/sessions/conversation/c_1"

    @Test func aLongAnswerIsCodedForWhoTakesIt() throws {
        let (world, bearer) = try world()
        let plain = try world.ask("GET", snapshot, [bearer])
        #expect(plain.body.count > AnswerPolicy.minCodedBytes && plain["Content-Encoding"] == nil)
        #expect(plain.varies(on: "Accept-Encoding") && plain.varies(on: "Origin"))
        let coded = try world.ask("GET", snapshot, [bearer, "Accept-Encoding: gzip, br"])
        #expect(coded["Content-Encoding"] == "gzip" && coded.varies(on: "Accept-Encoding"))
        #expect(coded.body.count < plain.body.count && coded["Content-Length"] == "\(coded.body.count)")
        #expect(Self.inflated(coded.body) == plain.body)
        #expect(coded["Content-Type"] == "application/json")
        // Two representations may not share a strong tag.
        #expect(coded["ETag"] == plain["ETag"].map { "W/" + $0 })
        let known = try world.ask(
            "GET", snapshot, [bearer, "If-None-Match: \(coded["ETag"] ?? "")", "Accept-Encoding: gzip"])
        #expect(known.status == 304 && known.varies(on: "Accept-Encoding") && known["Content-Encoding"] == nil)
    }

    @Test func headSaysWhatGetSays() throws {
        let (world, bearer) = try world()
        for encoding in ["gzip", "identity"] {
            let get = try world.ask("GET", snapshot, [bearer, "Accept-Encoding: \(encoding)"])
            let head = try world.ask("HEAD", snapshot, [bearer, "Accept-Encoding: \(encoding)"])
            #expect(head.headers == get.headers && head.body.isEmpty && !get.body.isEmpty)
        }
    }

    @Test func aShortAnswerIsCodedOnlyForWhoTakesNothingElse() throws {
        let (world, _) = try world()
        #expect(try world.ask("GET", "/health", ["Accept-Encoding: gzip"])["Content-Encoding"] == nil)
        let coded = try world.ask("GET", "/health", ["Accept-Encoding: gzip, identity;q=0"])
        #expect(coded["Content-Encoding"] == "gzip")
        let content = try #require(Self.inflated(coded.body))
        #expect(try JSONParser.parse(content)["status"] == "ok")
        #expect(try world.ask("GET", "/health", ["Accept-Encoding: identity;q=0"])["Content-Encoding"] == nil)
    }

    @Test func aSecretIsNeverCoded() throws {
        let (world, bearer) = try world()
        for (method, path) in [("GET", "/demo/chat/token"), ("GET", "/demo/oa/token"), ("POST", "/v1/tickets")] {
            let answer = try world.ask(method, path, [bearer, "Accept-Encoding: gzip, identity;q=0"])
            #expect([200, 201].contains(answer.status) && answer["Content-Encoding"] == nil)
            #expect(answer["Cache-Control"] == "no-store, no-transform")
        }
    }

    @Test func aPageIsKnownByTheTagOfItsRepresentation() throws {
        let (world, _) = try world()
        let path = "/demo/chat/chat.js"
        let plain = try world.ask("GET", path)
        let coded = try world.ask("GET", path, ["Accept-Encoding: gzip"])
        #expect(plain.status == 200 && plain["Content-Encoding"] == nil && plain["Accept-Ranges"] == "none")
        #expect(coded["Content-Encoding"] == "gzip" && Self.inflated(coded.body) == plain.body)
        let (tag, other) = (try #require(plain["ETag"]), try #require(coded["ETag"]))
        #expect(tag != other && tag.hasPrefix("\"") && other.hasPrefix("\""))
        for answer in [plain, coded] {
            #expect(answer.varies(on: "Accept-Encoding") && answer["Cache-Control"] == "no-cache")
        }
        for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let known = try world.ask("GET", path, ["If-None-Match: \(condition)"])
            #expect(known.status == 304 && known.body.isEmpty, "\(condition)")
            #expect(known["ETag"] == tag && known["Cache-Control"] == "no-cache" && known.varies(on: "Accept-Encoding"))
            #expect(known["Content-Security-Policy"] == plain["Content-Security-Policy"], "it replaces the stored one")
            #expect(known["Content-Type"] == nil && known["Date"] != nil)
        }
        #expect(try world.ask("GET", path, ["If-None-Match: \(tag)", "Accept-Encoding: gzip"]).status == 200)
        #expect(try world.ask("GET", path, ["If-None-Match: \(other)", "Accept-Encoding: gzip"]).status == 304)
        #expect(try world.ask("GET", path, ["If-None-Match: \"x\""]).status == 200)
    }

    @Test func rangesOfNothingAreNotLookedAt() throws {
        let (world, _) = try world()
        let path = "/demo/chat/chat.js"
        let whole = try world.ask("GET", path)
        let many = "bytes=" + (0..<1_000).map { "\($0)-\($0)" }.joined(separator: ",")
        for range in ["bytes=0-0", "bytes=-1", "bytes=99999999-", "items=1-2", "nonsense", many] {
            let answer = try world.ask("GET", path, ["Range: \(range)", "If-Range: \(whole["ETag"] ?? "")"])
            #expect(answer.status == 200 && answer.body == whole.body && answer["Content-Range"] == nil)
        }
    }

    @Test func theEncoderIsGoodForManyContents() {
        let encoder = GzipEncoder(level: 1)
        for count in [0, 1, 100, 70_000, 3, 1_000_000] {
            let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
            let coded = encoder.encode(content, mayGrow: true)
            #expect(coded.flatMap(Self.inflated) == content)
            #expect(coded == encoder.encode(content, mayGrow: true), "equal contents, equal bytes")
        }
        // Noise does not become shorter.
        var state: UInt64 = 1
        let noise = (0..<5_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        #expect(encoder.encode(noise) == nil)
        #expect(encoder.encode(noise, mayGrow: true).flatMap(Self.inflated) == noise)
    }
}

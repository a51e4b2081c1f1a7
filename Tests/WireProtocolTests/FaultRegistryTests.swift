import Glibc
import JSON
import Testing
import WireProtocol

@Suite("The registries of Protocol/ and the types are one")
struct FaultRegistryTests {
    @Test("faults.json lists exactly the faults that the server can send, with the same facts")
    func faults() throws {
        let rows = try #require(try registry("faults.json")["faults"]?.array)
        #expect(rows.map { $0["code"]?.integer } == FaultCode.allCases.map { Int64($0.rawValue) })
        for row in rows {
            let code = try #require(row["code"]?.integer.flatMap { FaultCode(rawValue: Int($0)) })
            #expect(row["name"]?.string == code.name)
            #expect(row["title"]?.string == code.title)
            #expect(row["httpStatus"]?.integer == Int64(code.httpStatus))
            #expect(row["retryable"]?.bool == code.isRetryable)
        }
    }

    @Test("close-codes.json lists exactly the codes that the server can close with, with the same facts")
    func closeCodes() throws {
        let rows = try #require(try registry("close-codes.json")["closeCodes"]?.array)
        #expect(rows.map { $0["code"]?.integer } == CloseReason.allCases.map { Int64($0.rawValue) })
        for row in rows {
            let reason = try #require(row["code"]?.integer.flatMap { CloseReason(rawValue: UInt16($0)) })
            #expect(row["name"]?.string == reason.name)
            #expect(row["meaning"]?.string == reason.meaning)
            #expect(row["reaction"]?.string == reason.reaction.rawValue)
        }
    }

    @Test("The ranges of close-codes.json are those of the reactions")
    func ranges() throws {
        let rows = try #require(try registry("close-codes.json")["ranges"]?.array)
        #expect(rows.map { $0["reaction"]?.string } == CloseReason.Reaction.allCases.map(\.rawValue))
        for (row, reaction) in zip(rows, CloseReason.Reaction.allCases) {
            #expect(row["from"]?.integer == Int64(reaction.range.lowerBound))
            #expect(row["to"]?.integer == Int64(reaction.range.upperBound))
        }
    }

    private func registry(_ name: String, source: String = #filePath) throws -> JSONValue {
        let root = source.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/Protocol/\(name)", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        try #require(count < bytes.count)
        return try JSONParser.parse(Array(bytes.prefix(count)))
    }
}

@Suite("Faults")
struct FaultTests {
    @Test("The contract fixes these codes, their sense and who may retry")
    func contract() {
        let retryable = Set(FaultCode.allCases.filter(\.isRetryable).map(\.rawValue))
        #expect(retryable == [2000, 2001, 2002, 2003, 2406, 2500, 2501])
        #expect(FaultCode.rejected.name == "command.rejected")
        #expect(Set(FaultCode.allCases.map(\.name)).count == FaultCode.allCases.count)
    }

    @Test("A fault writes its members into an open object")
    func members() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", "fault")
        Fault(.rejected, "The order is closed.").write(into: &writer)
        writer.endObject()
        let expected =
            #"{"type":"fault","code":2401,"name":"command.rejected","detail":"The order is closed.","retryable":false}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test("A problem document carries the fault, its status and the wait")
    func problemDocument() throws {
        let fault = Fault(.rateLimited, retryAfter: .milliseconds(1_250))
        let document = try JSONParser.parse(fault.problemDocument())
        #expect(document["type"] == "urn:sala:fault:command.rateLimited")
        #expect(document["title"] == "Too many commands in too short a time.")
        #expect(document["status"] == 429)
        #expect(document["code"] == 2406)
        #expect(document["name"] == "command.rateLimited")
        #expect(document["retryable"] == true)
        #expect(document["retryAfterMs"] == 1250)
    }

    @Test(
        "Retry-After is whole seconds, rounded up, at least one",
        arguments: [
            (Duration.zero, 1), (.milliseconds(1), 1), (.seconds(1), 1), (.milliseconds(1_001), 2), (.seconds(30), 30),
            (.seconds(-4), 1), (.seconds(Int64.max), 9_223_372_037),
        ] as [(Duration, Int64)])
    func retryAfter(wait: Duration, seconds: Int64) {
        #expect(Fault(.overloaded, retryAfter: wait).retryAfterSeconds == seconds)
    }
}

@Suite("Close reasons (RFC 6455 §7.4)")
struct CloseReasonTests {
    @Test("Every code lies in the range of its reaction", arguments: CloseReason.allCases)
    func ranges(reason: CloseReason) {
        #expect(reason.reaction.range.contains(reason.code))
    }

    @Test("Every reason text fits a Close frame", arguments: CloseReason.allCases)
    func reasonText(reason: CloseReason) {
        #expect(reason.name.utf8.count <= 123)
        #expect(reason.name.utf8.allSatisfy { (0x21...0x7E).contains($0) })
    }
}

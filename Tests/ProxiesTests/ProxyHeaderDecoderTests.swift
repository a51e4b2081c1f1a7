import JSON
import TestSupport
import Testing

@testable import Proxies

@Suite("The PROXY protocol, version 2")
struct ProxyHeaderDecoderTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        var testDescription: String { json["name"]?.string ?? "?" }
    }

    static func vectors() throws -> [Vector] { try Vectors.load("proxy-protocol").map { Vector(json: $0) } }

    private struct Outcome: Equatable {
        var header: ProxyHeader?
        var violation: ProxyViolation?
        /// Bytes behind the header.
        var rest: [UInt8] = []

        init(_ segments: [ArraySlice<UInt8>]) {
            var decoder = ProxyHeaderDecoder()
            do {
                for segment in segments {
                    var segment = segment
                    if header == nil { header = try decoder.receive(&segment) }
                    rest += segment
                }
            } catch {
                violation = error
                rest = []
            }
        }
    }

    @Test("A header means what the vector says, however it is cut", arguments: try vectors())
    func vector(_ vector: Vector) throws {
        let input = try Vectors.bytes(#require(vector.json["input"]))
        let expect = try #require(vector.json["expect"])
        let outcome = try DecoderVerifier.outcome(of: input) { Outcome($0) }
        let count = Int(expect["rest"]?.integer ?? 0)
        #expect(outcome.rest == Array(input.suffix(count)))
        #expect(outcome.violation?.rawValue == expect["violation"]?.string)
        switch outcome.header {
        case .client(let address): #expect(expect["client"]?.string == address.description)
        case .local: #expect(expect["local"]?.bool == true)
        case nil: #expect(outcome.violation != nil || expect["pending"]?.bool == true)
        }
    }

    @Test func everyViolationHasAVector() throws {
        let named = try Set(Self.vectors().compactMap { $0.json["expect"]?["violation"]?.string })
        #expect(named == Set(ProxyViolation.allCases.map(\.rawValue)))
    }

    @Test func theChecksumIsCastagnolis() { #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283) }

    @Test func noBytesEndTheProcessOrAreKeptBeyondTheBound() throws {
        var random = SplitMix(seed: 3)
        let good = try Self.vectors().map { try Vectors.bytes(#require($0.json["input"])) }
        for _ in 0..<5_000 {
            var bytes = good[Int(random.next() % UInt64(good.count))]
            for _ in 0..<(1 + random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            let whole = Outcome([bytes[...]])
            let cut = Int(random.next() % UInt64(bytes.count + 1))
            #expect(Outcome([bytes[..<cut], bytes[cut...]]) == whole, "seed 3")
            #expect(whole.header != nil || whole.violation != nil || bytes.count < ProxyHeaderDecoder.maxBytes)
        }
    }
}

import JSON
import Ports
import TestSupport
import Testing

@testable import LanguageModels

@Suite("Reply streams (OpenAI Chat Completions, Anthropic Messages, Gemini generateContent)", .timeLimit(.minutes(5)))
struct ReplyStreamTests {
    private static let request = ModelRequest(
        system: "", turns: [.user("hi")], temperature: 0, maxOutputTokens: 10, tools: [], timeout: .seconds(30))

    private static func decode(_ dialect: any ProviderDialect, _ pieces: [ArraySlice<UInt8>]) -> [ModelEvent] {
        var decoder = dialect.decoder(for: request, limits: ReplyLimits())
        var events: [ModelEvent] = []
        for piece in pieces { events += decoder.receive(Array(piece)) }
        events += decoder.end()
        #expect(decoder.isOver)
        #expect(decoder.end().isEmpty)
        return events
    }

    @Test(
        "every recorded stream gives its events, however it is cut",
        arguments: ["openai", "anthropic", "gemini"])
    func vectors(_ provider: String) throws {
        let dialect = try Vectors.dialect(provider)
        for vector in try Vectors.list("\(provider)-streams", "streams") {
            let name = vector["name"]?.string ?? ""
            let bytes = Array(try #require(vector["input"]?.string).utf8)
            let expected = try #require(vector["expect"]?.array).map {
                try Vectors.event($0, provider: provider, model: dialect.model)
            }
            #expect(try DecoderVerifier.outcome(of: bytes) { Self.decode(dialect, $0) } == expected, "\(name)")
        }
    }

    @Test("every prefix of every stream ends in exactly one end", arguments: ["openai", "anthropic", "gemini"])
    func prefixes(_ provider: String) throws {
        let dialect = try Vectors.dialect(provider)
        for vector in try Vectors.list("\(provider)-streams", "streams") {
            let bytes = Array(try #require(vector["input"]?.string).utf8)
            for cut in stride(from: 0, to: bytes.count, by: 7) {
                let events = Self.decode(dialect, [bytes[..<cut]])
                let ends = events.count {
                    if case .finished = $0 { true } else if case .failed = $0 { true } else { false }
                }
                let isLastAnEnd = events.last.map {
                    if case .text = $0 { false } else if case .toolCall = $0 { false } else { true }
                }
                #expect(ends == 1 && isLastAnEnd == true)
            }
        }
    }

    @Test("mutated streams never trap and end once", arguments: ["openai", "anthropic", "gemini"])
    func mutations(_ provider: String) throws {
        let dialect = try Vectors.dialect(provider)
        let seed: UInt64 = 0x5A1A
        var state = seed
        func random() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        for vector in try Vectors.list("\(provider)-streams", "streams") {
            let original = Array(try #require(vector["input"]?.string).utf8)
            guard !original.isEmpty else { continue }
            for _ in 0..<40 {
                var bytes = original
                for _ in 0...(random() % 4) {
                    let at = random() % bytes.count
                    switch random() % 3 {
                    case 0: bytes[at] = UInt8(truncatingIfNeeded: random())
                    case 1: bytes.remove(at: at)
                    default: bytes.insert(UInt8(truncatingIfNeeded: random()), at: at)
                    }
                    if bytes.isEmpty { bytes = [0] }
                }
                let events = Self.decode(dialect, [bytes[...]])
                let ends = events.count {
                    if case .finished = $0 { true } else if case .failed = $0 { true } else { false }
                }
                #expect(ends == 1, "seed \(seed)")
            }
        }
    }

    @Test("an event, the calls and their arguments beyond their limits fail the reply")
    func limits() throws {
        var limits = ReplyLimits()
        limits.maxEventBytes = 1000
        limits.maxToolCalls = 2
        limits.maxArgumentBytes = 10
        let violation = ProviderFailure.transient(.protocolViolation, retryAfter: nil)
        func failure(_ text: String) throws -> ProviderFailure? {
            var decoder = try Vectors.dialect("openai").decoder(for: Self.request, limits: limits)
            guard case .failed(let failure, _)? = (decoder.receive(Array(text.utf8)) + decoder.end()).last else {
                return nil
            }
            return failure
        }
        func chunk(_ calls: String) -> String {
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[\(calls)]},\"finish_reason\":\"tool_calls\"}]}\n\n"
        }
        func call(_ index: Int, _ arguments: String) -> String {
            "{\"index\":\(index),\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\(arguments)\"}}"
        }
        #expect(try failure("data: " + String(repeating: "x", count: 1000)) == violation)
        #expect(try failure(chunk(call(0, "1234567890"))) == nil)
        #expect(try failure(chunk(call(0, "12345678901"))) == violation)
        #expect(try failure(chunk(call(0, "") + "," + call(1, ""))) == nil)
        #expect(try failure(chunk(call(0, "") + "," + call(1, "") + "," + call(2, ""))) == violation)
    }

    @Test("usage so far is an estimate until the provider has said")
    func usageSoFar() throws {
        var decoder = try Vectors.dialect("anthropic").decoder(for: Self.request, limits: ReplyLimits())
        #expect(
            decoder.usage
                == ModelUsage(
                    provider: "anthropic", model: "claude-haiku-4-5", inputTokens: 9, outputTokens: 0, isReported: false
                ))
        let stream = try Vectors.list("anthropic-streams", "streams")[0]["input"]?.string ?? ""
        let upToText = stream.components(before: "event: content_block_stop")
        _ = decoder.receive(Array(upToText.utf8))
        // สวัสดีครับ: ten characters, five tokens.
        #expect(
            decoder.usage
                == ModelUsage(
                    provider: "anthropic", model: "claude-haiku-4-5", inputTokens: 25, outputTokens: 5,
                    isReported: false))
        _ = decoder.receive(Array(stream.dropFirst(upToText.count).utf8))
        #expect(
            decoder.usage
                == ModelUsage(
                    provider: "anthropic", model: "claude-haiku-4-5", inputTokens: 25, outputTokens: 12,
                    isReported: true))
    }
}

extension String {
    fileprivate func components(before separator: String) -> String {
        firstRange(of: separator).map { String(self[..<$0.lowerBound]) } ?? self
    }
}

import Domain
import JSON
import LanguageModels
import Ports
import Primitives
import TestSupport

extension FuzzTarget {
    /// A provider's stream. Flags 1 and 2: which one; 4: limits so tight that small inputs reach them.
    static let modelReply = FuzzTarget(
        "model-reply",
        words: [
            "data: ", "data: [DONE]\n\n", "event: ", "\n\n", "\"choices\":[{\"delta\":{", "\"content\":\"",
            "\"tool_calls\":[{",
            "\"function\":{\"name\":\"", "\"arguments\":\"", "\"finish_reason\":\"", "\"usage\":{", "\"error\":{",
            "message_start",
            "content_block_start", "content_block_delta", "message_delta", "message_stop",
            "\"candidates\":[{\"content\":{\"parts\":[{",
            "\"functionCall\":{", "\"finishReason\":\"", "\"usageMetadata\":{",
        ]
    ) { input in
        let dialect = dialects[Int(input.flags & 3) % dialects.count]
        var limits = ReplyLimits()
        if input.has(4) {
            limits.maxEventBytes = 700
            limits.maxErrorBytes = 64
            limits.maxToolCalls = 2
            limits.maxArgumentBytes = 48
        }
        let events = try input.outcome { segments in
            var decoder = dialect.decoder(for: request, limits: limits)
            var events: [ModelEvent] = []
            for segment in segments {
                let wasOver = decoder.isOver
                let more = decoder.receive(Array(segment))
                try expect(!wasOver || more.isEmpty, "events behind the end")
                events += more
            }
            events += decoder.end()
            try expect(decoder.isOver && decoder.end().isEmpty, "not over")
            try expect(decoder.usage.inputTokens >= 0 && decoder.usage.outputTokens >= 0, "usage \(decoder.usage)")
            return events
        }
        try check(events, limits)
        let decoder = dialect.decoder(for: request, limits: limits)
        _ = decoder.failure(status: 400 + Int(input.flags), retryAfter: nil, shouldRetry: nil, body: input.payload)
    } seeds: {
        try Vectors.documents("language-models").flatMap { document -> [[UInt8]] in
            guard let provider = names.firstIndex(where: { document.name == "\($0)-streams" }) else { return [] }
            return (document.value["streams"]?.array ?? []).compactMap(\.["input"]?.string).filter {
                $0.utf8.count < 4_096
            }
            .map { FuzzInput.bytes(flags: UInt8(provider), $0.utf8) }
        }
    }

    private static let names = ["openai", "anthropic", "gemini"]
    private static let dialects: [any ProviderDialect] = [
        OpenAIDialect(.init(model: "gpt-4o-mini", key: Secret("k"))),
        AnthropicDialect(.init(model: "claude-haiku-4-5", key: Secret("k"))),
        GeminiDialect(.init(model: "gemini-2.5-flash", key: Secret("k"))),
    ]
    private static let request = ModelRequest(
        system: "", turns: [.user("hi")], temperature: 0, maxOutputTokens: 10, tools: [], timeout: .seconds(30))

    /// Texts and tool calls within their bounds, then one end.
    private static func check(_ events: [ModelEvent], _ limits: ReplyLimits) throws {
        var calls = 0
        for (index, event) in events.enumerated() {
            let isLast = index == events.count - 1
            switch event {
            case .text(let text): try expect(!text.isEmpty && !isLast, "text without an end")
            case .toolCall(let call):
                calls += 1
                try expect(!isLast && !call.name.isEmpty && !call.id.isEmpty, "\(call)")
                try expect(
                    call.arguments.utf8.count <= max(2, limits.maxArgumentBytes), "\(call.arguments.utf8.count) bytes")
                try check(FinancialReport(text: call.arguments))
            case .finished, .failed: try expect(isLast, "an end before the end")
            }
        }
        try expect(calls <= limits.maxToolCalls, "\(calls) calls")
        try expect(!events.isEmpty, "no end")
    }

    private static func check(_ report: FinancialReport?) throws {
        guard let report else { return }
        for satang in [report.income, report.expenses] {
            try expect((0...ReadingLimits.maxMonthlySatang).contains(satang ?? 0), "\(report)")
        }
        try expect(report.goals.count <= ReadingLimits.maxGoals, "\(report)")
        try expect(report.goals.allSatisfy { $0.unicodeScalars.count <= ReadingLimits.maxGoalScalars }, "\(report)")
    }
}

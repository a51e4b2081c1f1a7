import Domain
import JSON
import TestSupport

extension FuzzTarget {
    /// A tenant's document: what is accepted keeps every promise and is written so that it reads the same, and what is refused has its
    /// mistake at a place that is there.
    static let lifecycle = FuzzTarget(
        "lifecycle",
        words: [
            "\"name\":\"", "\"states\":[{", "\"label\":{\"th\":\"", "\",\"en\":\"", "\"terminal\":true",
            "\"hidesRider\":true",
            "\"initial\":\"", "\"transitions\":[{", "\"from\":\"", "\"to\":\"", "\"by\":[\"", "customer", "provider",
            "rider",
            "staff", "service", "payment", "\"cancellation\":{", "\"mainLine\":[\"", "\"payment\":{\"moves\":[{",
            "\"display\":[{", "\"status\":\"", "\"on\":\"accepted\"", "expired", "\"show\":\"",
        ]
    ) { input in
        let document: JSONValue
        do throws(JSONError) { document = try JSONParser.parse(input.payload) } catch { return }
        let lifecycle: Lifecycle
        do throws(LifecycleFault) { lifecycle = try Lifecycle(json: document) } catch {
            return try expect(LifecycleRules.leads(error.path, into: document), "\(error) is nowhere")
        }
        let violations = LifecycleRules.violations(of: lifecycle)
        try expect(violations.isEmpty, violations.joined(separator: "; "))
        try expect(lifecycle.json.bytes.count <= input.payload.count, "what is written is longer than what was read")
    } seeds: {
        let small = """
            {"name":"k","states":[{"name":"a","label":{"th":"ก","en":"A"},"hidesRider":true},{"name":"b","label":{"th":"ข","en":"B"},\
            "terminal":true}],"initial":"a","transitions":[{"from":"a","to":"b","by":["staff"]}],"cancellation":{"to":"b","from":["a"],\
            "by":["customer"]},"mainLine":["a","b"],"payment":{"moves":[{"on":"accepted","from":"a","to":"b"}],"display":[{"status":\
            "a","on":"expired","show":"late","label":{"th":"ก","en":"A"}}]}}
            """
        let mistakes = [
            ("\"to\":\"b\"", "\"to\":\"c\""), ("\"terminal\":true", "\"terminal\":false"),
            ("\"initial\":\"a\"", "\"initial\":\"b\""),
            ("[\"staff\"]", "[]"), ("[\"staff\"]", "[\"payment\"]"), ("\"mainLine\"", "\"a/b~\":1,\"mainLine\""),
            ("\"b\",\"label\"", "\"a\",\"label\""), ("\"expired\"", "\"paid\""), ("\"th\":\"ข\"", "\"th\":\" \""),
        ]
        var texts = [small]
        for (right, wrong) in mistakes { texts.append(small.replacing(right, with: wrong)) }
        texts += Lifecycle.allBuiltIn.map(\.json.text)
        return texts.map { FuzzInput.bytes($0.utf8) }
    }
}

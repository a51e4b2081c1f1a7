internal import JSON

/// Answers that a control puts in the place of a slip service's own, for one transfer or for every call, so many times.
struct ScriptedAnswers: Equatable {
    static let maxScripts = 10_000

    struct Script: Equatable {
        let answer: String
        /// nil: always.
        var times: Int?
    }

    /// For every call.
    private var common: Script?
    /// By the transfer's reference.
    private var scripts: [String: Script] = [:]

    /// Takes `slip`, `answer` and `times`; false for other members. `isKnown`: whether the service has such an answer.
    mutating func change(
        _ member: JSONObject.Member, in all: JSONObject, isKnown: (String) -> Bool
    ) throws(BehaviourError) -> Bool {
        switch member.name {
        case "answer": common = member.value.isNull ? nil : try Self.script(all, "answer", isKnown)
        case "times": break
        case "slip":
            guard let slips = member.value.object else {
                throw BehaviourError("slip is an object of answers by reference")
            }
            for slip in slips.members {
                if slip.value.isNull {
                    scripts[slip.name] = nil
                } else {
                    scripts[slip.name] = try Self.script(slip.value.object ?? [:], slip.name, isKnown)
                }
            }
            guard scripts.count <= Self.maxScripts else { throw BehaviourError("too many slips") }
        default: return false
        }
        return true
    }

    private static func script(
        _ json: JSONObject, _ name: String, _ isKnown: (String) -> Bool
    ) throws(BehaviourError) -> Script {
        guard let answer = json["answer"]?.string ?? json["answer"]?.integer.map(String.init), isKnown(answer) else {
            throw BehaviourError("\(name.prefix(40)): the service has no such answer")
        }
        guard let times = json["times"], !times.isNull else { return Script(answer: answer, times: nil) }
        guard let count = times.integer, (1...1_000_000).contains(count) else {
            throw BehaviourError("times is a whole number from 1, or null")
        }
        return Script(answer: answer, times: Int(count))
    }

    /// The answer that was put in, used up once.
    mutating func take(reference: String?) -> String? {
        if let reference, let script = scripts[reference] {
            scripts[reference] = script.next
            return script.answer
        }
        guard let script = common else { return nil }
        common = script.next
        return script.answer
    }

    var json: JSONObject {
        var slips = JSONObject()
        for (reference, script) in scripts.sorted(by: { $0.key < $1.key }) { slips[reference] = script.json }
        return ["answer": common?.json ?? .null, "slip": .object(slips)]
    }
}

extension ScriptedAnswers.Script {
    /// Behind one use.
    fileprivate var next: Self? {
        guard let times else { return self }
        return times > 1 ? Self(answer: answer, times: times - 1) : nil
    }

    fileprivate var json: JSONValue { ["answer": .string(answer), "times": JSONValue(times.map(Int64.init))] }
}

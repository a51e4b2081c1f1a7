internal import Primitives

/// What is done how often, in proportions: `{"write": 8, "read": 1}`.
struct Mix<Choice> where Choice: RawRepresentable<String> & CaseIterable {
    private let weights: [(choice: Choice, upTo: Double)]

    /// Reads the member `name` of a group's settings; each choice that it does not name weighs nothing. Without it, `fallback` alone.
    init(_ name: String, of fields: inout ScenarioFields, default fallback: Choice) throws(LoadFailure) {
        guard var members = try fields.fields(name) else {
            weights = [(fallback, 1)]
            return
        }
        var weights: [(choice: Choice, upTo: Double)] = []
        var sum = 0.0
        for choice in Choice.allCases {
            let weight = try members.number(choice.rawValue, in: 0...1_000_000, default: 0)
            sum += weight
            if weight > 0 { weights.append((choice, sum)) }
        }
        try members.refuseOthers()
        guard sum > 0 else { throw fields.failure(name, "something has to weigh more than 0") }
        self.weights = weights
    }

    /// Those that ever happen.
    var choices: [Choice] { weights.map(\.choice) }

    func pick(_ random: any RandomSource) -> Choice {
        let whole = weights[weights.count - 1].upTo
        let place = Double(random.uint64() >> 11) / 9_007_199_254_740_992 * whole
        return (weights.first { place < $0.upTo } ?? weights[weights.count - 1]).choice
    }
}

/// The behaviours that a scenario's groups may name.
enum BehaviourCatalog {
    private static var all: [(name: String, type: any Behaviour.Type)] {
        [
            ("idle", IdleBehaviour.self),
            ("fanout", FanoutBehaviour.self),
            ("chat", ChatBehaviour.self),
            ("people", PeopleBehaviour.self),
            ("payments", PaymentsBehaviour.self),
            ("slips", SlipsBehaviour.self),
            ("stream", StreamBehaviour.self),
            ("orders", OrdersBehaviour.self),
        ]
    }

    static var names: [String] { all.map(\.name) }

    /// Throws for a setting that the behaviour does not know or does not take, with its place.
    static func make(_ group: ScenarioGroup, _ run: RunContext) throws(LoadFailure) -> any Behaviour {
        guard let type = all.first(where: { $0.name == group.behaviour })?.type else {
            throw LoadFailure(.usage, "there is no behaviour \"\(group.behaviour)\"")
        }
        return try type.init(group, run)
    }
}

internal import HTTP1
internal import JSON
internal import Primitives

/// What every scenario begins with: the server's facts, the options, the loop's driver.
struct World {
    let options: LoadOptions
    let facts: DevFacts
    let driver: Driver
    /// Sets this run's conversations apart from those of earlier ones.
    let run: String

    init(options: LoadOptions, facts: DevFacts, driver: Driver) {
        self.options = options
        self.facts = facts
        self.driver = driver
        run = String(driver.random.identifier("load").prefix(13))
    }

    func conversation(_ index: Int) -> String { "\(run).\(index)" }
    func session(_ index: Int) -> String { "conversation/\(conversation(index))" }

    /// Makes `count` conversations of the customer's, as a platform's backend does.
    func makeConversations(_ count: Int, advisor: Bool) throws(LoadFailure) {
        let channel = try HTTPChannel(to: facts.http, driver: driver)
        defer { channel.close() }
        for index in 0..<count {
            let facts: JSONValue = ["owner": .string(self.facts.subject), "advisor": .bool(advisor)]
            let answer = try channel.call(
                .put, "/v1/sessions/\(session(index))", body: facts, token: self.facts.service)
            guard answer.status == 201 else {
                let text = String(decoding: answer.body.prefix(300), as: UTF8.self)
                throw LoadFailure(.unavailable, "PUT of a conversation was answered with \(answer.status): \(text)")
            }
        }
    }

    /// `count` customers' sockets that said hello.
    func connect(_ count: Int) throws(LoadFailure) -> [VirtualClient] {
        var clients: [VirtualClient] = []
        var ready = 0
        var failure: String?
        for _ in 0..<count {
            let client = VirtualClient(driver: driver, token: facts.customer)
            client.becameReady = { ready += 1 }
            client.closed = { failure = $0 }
            try client.connect(to: facts.http)
            clients.append(client)
            // In small groups, so that the server's listen queue is not what is tested.
            let started = clients.count
            if started % 32 == 0 || started == count {
                try driver.wait(for: "\(started) welcomes", atMost: .seconds(30)) { ready >= started || failure != nil }
            }
            if let failure { throw LoadFailure(.unavailable, "a socket was closed: \(failure)") }
        }
        return clients
    }

    /// Sets how the language models' stand-ins behave.
    func pace(_ behaviour: JSONValue) throws(LoadFailure) { try control(.post, behaviour) }

    /// Gives the stand-ins their usual behaviour back.
    func resetPace() throws(LoadFailure) { try control(.delete, nil) }

    private func control(_ method: HTTPMethod, _ body: JSONValue?) throws(LoadFailure) {
        let channel = try HTTPChannel(to: facts.standins, driver: driver)
        defer { channel.close() }
        // All of them: the server tries the next one when one fails.
        for name in ["openai", "anthropic", "gemini"] {
            let answer = try channel.call(method, "/_control/\(name)", body: body)
            guard answer.status < 300 else {
                throw LoadFailure(.unavailable, "the stand-in \(name) answered \(answer.status)")
            }
        }
    }
}

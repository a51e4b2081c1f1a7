internal import HTTP1
internal import Primitives

/// Where the server under test is, and what opens it: from `dev.json` of a `sala dev`, or from the command line.
struct Target {
    let http: Endpoint
    /// The providers' stand-ins, when they are ours to control.
    let standins: Endpoint?
    /// The server's process: for its processor time and memory, and for faults. nil: neither.
    let pid: Int?
    let facts: DevFacts
}

extension Target {
    /// A server of our own, with its stand-ins.
    init(_ own: OwnServer) throws(LoadFailure) {
        let facts = try DevFacts(path: own.devJSON)
        self.init(http: facts.http, standins: facts.standins, pid: own.pid, facts: facts)
    }

    /// Asks once, before a run waits for what does not come: a server that is not there, a certificate that is not trusted.
    func checkThatItAnswers(_ driver: Driver) throws(LoadFailure) {
        let channel = try HTTPChannel(to: http, driver: driver)
        defer { channel.close() }
        let status = try channel.call(.get, "/health").status
        guard status == 200 else { throw LoadFailure(.unavailable, "\(http.authority)/health answered \(status)") }
    }
}

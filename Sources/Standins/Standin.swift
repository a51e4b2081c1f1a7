internal import HTTP1
internal import JSON
internal import Reactor
internal import Transport

/// One company's server. What all of them have in common (failing, being slow, the list of calls) is its `StandinGate`'s.
/// Confined to the listener's loop.
protocol Standin: AnyObject {
    /// The first segment of its paths, and its name below `/_control`.
    var name: String { get }
    /// Hears of each call before anything else, to set what every answer of the company carries.
    func admit(_ exchange: HTTPExchange)
    /// A call that is not to fail.
    func receive(_ call: StandinCall)
    /// How the company words a failure that it was told to have.
    func failure(_ status: Int) -> HTTPResponse
    /// Changes settings of its own: all of `members`, or nothing.
    func change(_ members: JSONObject) throws(BehaviourError)
    /// Its own settings, as `GET /_control/{name}` shows them.
    var settings: JSONObject { get }
    /// The settings as at the start.
    func reset()
    /// A control of its own, `/_control/{name}/…`; false when there is no such one.
    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool
}

extension Standin {
    func admit(_ exchange: HTTPExchange) {}

    func change(_ members: JSONObject) throws(BehaviourError) {
        if let member = members.members.first { throw .unknown(member) }
    }

    var settings: JSONObject { [:] }
    func reset() {}
    func control(_ exchange: HTTPExchange, _ path: ArraySlice<String>) -> Bool { false }
}

/// A call that a stand-in answers.
struct StandinCall {
    let exchange: HTTPExchange
    /// Behind the stand-in's prefix: empty, or from a slash on.
    let path: Substring
    /// As it was when the call came.
    let behaviour: Behaviour
    /// Of the stand-in's calls, from 1.
    let number: UInt64

    var request: HTTPRequest { exchange.request }

    /// The path's segments behind the prefix, decoded.
    var segments: ArraySlice<String> { request.path.segments.dropFirst() }

    /// The whole answer, or as much of it as `disconnectAfterBytes` lets through.
    func respond(_ response: HTTPResponse) {
        guard let most = behaviour.disconnectAfterBytes else { return exchange.respond(response) }
        exchange.startStreaming(response.status, response.headers)
        exchange.write(Array(response.body.prefix(most)))
        disconnect()
    }

    /// The cut comes a turn later, so that what was written before it is seen.
    func disconnect() {
        exchange.loop.schedule(after: .milliseconds(5)) { [exchange] in exchange.abort() }
    }
}

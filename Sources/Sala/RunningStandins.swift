internal import Authentication
internal import JSON
internal import Primitives
internal import Reactor
internal import Standins

/// The stand-ins on a loop of their own, so that their work is not the server's.
struct RunningStandins {
    private let group: EventLoopGroup
    private let server: StandinServer

    /// - Parameter server: where webhooks go, without a slash at the end.
    /// - Parameter authority: a PEM file with the authority of that server's certificate; nil without TLS.
    init(
        port: Int, server url: String, authority: String?, data: String, random: any RandomSource
    ) throws(CommandFailure) {
        var configuration = StandinServer.Configuration()
        configuration.serverURL = url
        configuration.authoritiesPath = authority
        let secrets = try DevKeys.secrets(in: data, random: random)
        configuration.lineAccounts = DevSlipTenants.lineAccounts(secrets: secrets["line"] ?? [:])
        configuration.gateways = DevGateways(secrets: secrets, standins: "http://127.0.0.1:\(port)").accounts
        do {
            group = try EventLoopGroup(count: 1)
            server = try StandinServer(
                host: "127.0.0.1", port: UInt16(port), loop: group.loops[0], random: random,
                configuration: configuration)
        } catch {
            let hint = error.isAddressInUse ? " (is another 'sala dev' running? --port chooses another)" : ""
            throw CommandFailure(.unavailable, "sala: cannot listen on 127.0.0.1:\(port): \(error)\(hint)")
        }
        server.start()
    }

    func stop() {
        server.stop()
        group.stopAndJoin()
    }
}

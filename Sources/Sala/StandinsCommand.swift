internal import Glibc
internal import Primitives
internal import Reactor

/// `sala standins`: the stand-ins of `sala dev` in a process of their own, which remembers while servers come and go.
struct StandinsCommand {
    static let options = [
        Options.Option(name: "port", takesValue: true), Options.Option(name: "server", takesValue: true),
        Options.Option(name: "data", takesValue: true),
    ]

    private let port: Int
    private let server: String
    private let data: String

    init(_ options: Options) throws(CommandFailure) {
        port = try options.number("port", default: 8090, in: 1...65_535)
        server = try options.address("server") ?? "http://127.0.0.1:8080"
        data = options["data"] ?? ".sala"
    }

    func run() throws(CommandFailure) {
        do {
            try FileSystem.makeDirectory(data, mode: 0o755)
        } catch {
            throw CommandFailure(.unavailable, "sala: \(error.message)")
        }
        let authority = server.hasPrefix("https:") ? data + "/ca.pem" : nil
        let standins = try RunningStandins(
            port: port, server: server, authority: authority, data: data, random: SystemRandom())
        Console.print("The stand-ins listen on http://127.0.0.1:\(port); webhooks go to \(server).")
        Signals.waitForEnd()
        standins.stop()
    }
}

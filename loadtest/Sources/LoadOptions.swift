/// What the command line says. Every size is bounded: a load client must not be a way to fall over.
struct LoadOptions {
    enum Scenario: String, CaseIterable {
        case chat, advisor, connect
    }

    var devJSON = ".sala/dev.json"
    var scenarios: [Scenario] = []
    var out: String?
    /// Seconds of each scenario's measured part.
    var seconds = 20
    /// chat: how many, and messages a second in all. connect: how many sessions the sockets share.
    var conversations = 64
    var subscribers = 2
    var rate = 500
    var messageBytes = 80
    /// advisor: replies that stream at once, and the stand-in's pace.
    var replies = 200
    var tokens = 150
    var tokensPerSecond = 50
    var firstTokenMilliseconds = 200
    /// connect: sockets in all, and new ones a second.
    var connections = 1000
    var connectRate = 500
    /// The server's process, for its memory.
    var pid: Int?

    static let help = """
        Usage: sala-loadtest [--dev-json .sala/dev.json] [--scenario chat|advisor|connect]... [options]

        Drives a running `sala dev` with open arrivals and measures every latency from the intended send time.

          --dev-json PATH            what `sala dev` wrote (default .sala/dev.json)
          --scenario NAME            chat, advisor or connect; may be repeated (default chat, advisor)
          --seconds N                length of the measured part of each scenario (default 20)
          --out PATH                 write all results as JSON

        chat: conversations without an advisor, a sender and subscribers each
          --conversations N          (default 64; connect: sessions that the sockets share)
          --subscribers N            a conversation (default 2)
          --rate N                   messages a second in all (default 500)
          --message-bytes N          (default 80)

        advisor: replies streaming at once, compared with the stand-in called directly
          --replies N                (default 200)
          --tokens N                 of a reply (default 150)
          --tokens-per-second N      of a reply (default 50)
          --first-token-ms N         (default 200)

        connect: sockets that connect, say hello, subscribe and stay
          --connections N            (default 1000)
          --connect-rate N           new ones a second (default 500)
          --pid N                    the server's process, to tell its memory a connection

        Exit codes: 0 fine, 1 a check failed, 64 wrong usage, 69 the server does not answer.

        """

    /// Nil when help was asked for.
    init?(_ arguments: [String]) throws(LoadFailure) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--help" || name == "-h" { return nil }
            guard let value = rest.popFirst() else { throw LoadFailure(.usage, "unknown option \(name), or no value") }
            try set(name, value)
        }
        if scenarios.isEmpty { scenarios = [.chat, .advisor] }
    }

    private mutating func set(_ name: String, _ value: String) throws(LoadFailure) {
        func number(_ range: ClosedRange<Int>) throws(LoadFailure) -> Int {
            guard let number = Int(value), range.contains(number) else {
                throw LoadFailure(.usage, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        switch name {
        case "--dev-json": devJSON = value
        case "--out": out = value
        case "--scenario":
            guard let scenario = Scenario(rawValue: value) else {
                throw LoadFailure(.usage, "--scenario is one of chat, advisor, connect")
            }
            scenarios.append(scenario)
        case "--seconds": seconds = try number(1...3600)
        case "--conversations": conversations = try number(1...20_000)
        case "--subscribers": subscribers = try number(0...1000)
        case "--rate": rate = try number(1...100_000)
        case "--message-bytes": messageBytes = try number(16...4000)
        case "--replies": replies = try number(1...5000)
        case "--tokens": tokens = try number(1...500)
        case "--tokens-per-second": tokensPerSecond = try number(1...10_000)
        case "--first-token-ms": firstTokenMilliseconds = try number(0...10_000)
        case "--connections": connections = try number(1...28_000)
        case "--connect-rate": connectRate = try number(1...10_000)
        case "--pid": pid = try number(1...4_194_304)
        default: throw LoadFailure(.usage, "unknown option \(name)")
        }
    }
}

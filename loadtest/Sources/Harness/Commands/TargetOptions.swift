internal import Domain
internal import JSON
internal import Primitives
internal import Reactor

/// Which server a run drives, and what opens it, out of the command line.
enum TargetOptions {
    static let all: [CommandLineOptions.Option] = [
        .init("target", "URL", "the server, as wss://sala.example (default: where the dev.json says)"),
        .init("ca", "FILE", "PEM of the authorities that --target's certificate may have (default: the system's)"),
        .init("dev-json", "FILE", "what 'sala dev' wrote: address, tokens, stand-ins (default .sala/dev.json)"),
        .init("tokens", "FILE", "of another deployment: {\"customer\": \"JWT\", \"service\": \"JWT\", …} a role"),
        .init("keys", "FILE", "or what signs tokens there: {\"TENANT\": {issuer, audience, keys}}, as SALA_TENANTS"),
        .init("tenant", "T", "whose tokens these are (default jeco)"),
        .init("standins", "URL", "the providers' stand-ins, where a scenario controls them"),
        .init("pid", "N", "the server's process on this machine, for its processor time and memory"),
    ]

    /// The subject of the tokens that are made with a key, and of the role `service`.
    private static let subject = "u_loadtest"

    static func target(_ options: CommandLineOptions) throws(LoadFailure) -> Target {
        let tenant = options["tenant"] ?? DevFacts.tenant
        let address = try options["target"].map { url throws(LoadFailure) in
            try Endpoint(url: url, authorities: options["ca"])
        }
        var facts: DevFacts
        switch (options["tokens"], options["keys"]) {
        case (nil, nil):
            let path = options["dev-json"] ?? ".sala/dev.json"
            facts = try DevFacts(try DevFacts.read(path), path: path, at: address, tenant: tenant)
        case (let tokens?, let keys):
            let document: JSONValue = ["tokens": .object([tenant: try DevFacts.read(tokens)])]
            facts = try DevFacts(document, path: tokens, at: try needed(address), tenant: tenant, keysPath: keys)
        case (nil, let keys?):
            let document: JSONValue = ["tokens": .object([tenant: try made(with: keys, tenant)])]
            facts = try DevFacts(document, path: keys, at: try needed(address), tenant: tenant, keysPath: keys)
        }
        let standins = try options["standins"].map { url throws(LoadFailure) in try Endpoint(url: url) }
        let pid = try options.integer("pid", in: 1...4_194_304)
        if let pid, ProcessSample(pid: pid) == nil { throw LoadFailure(.usage, "--pid: there is no process \(pid)") }
        return Target(http: facts.http, standins: standins ?? facts.standins, pid: pid, facts: facts)
    }

    private static func needed(_ address: Endpoint?) throws(LoadFailure) -> Endpoint {
        guard let address else { throw LoadFailure(.usage, "--tokens and --keys say no address: --target does") }
        return address
    }

    /// A token of each role that behaviours use.
    private static func made(with keys: String, _ tenant: String) throws(LoadFailure) -> JSONValue {
        let mint = try TokenMint(keys: try DevFacts.read(keys), tenant: tenant, now: SystemTime().wallClock)
        var tokens = JSONObject()
        for role in [Role.customer, .service, .staff] {
            tokens[role.rawValue] = .string(try mint.token(subject, role).reveal())
        }
        return .object(tokens)
    }
}

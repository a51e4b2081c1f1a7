internal import Authentication
internal import Domain
internal import Primitives
internal import Reactor

/// `sala token`: one signed JWT on standard output.
struct TokenCommand {
    static let options = [
        Options.Option(name: "tenant", takesValue: true), Options.Option(name: "subject", takesValue: true),
        Options.Option(name: "role", takesValue: true), Options.Option(name: "ttl", takesValue: true),
        Options.Option(name: "grant", takesValue: true, isRepeatable: true),
        Options.Option(name: "menu", takesValue: true, isRepeatable: true),
        Options.Option(name: "permission", takesValue: true, isRepeatable: true),
        Options.Option(name: "email", takesValue: true), Options.Option(name: "data", takesValue: true),
    ]
    static let maxLifetimeSeconds = 365 * 86_400

    private let options: Options

    init(_ options: Options) { self.options = options }

    func run() throws(CommandFailure) {
        let tenant = try required("tenant")
        let subject = try required("subject")
        guard (1...128).contains(subject.utf8.count), subject.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandFailure(.usage, "sala: --subject has 1 to 128 visible ASCII characters")
        }
        guard let role = Role(rawValue: try required("role")) else {
            let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "sala: --role is one of \(known)")
        }
        var grants: [Grant] = []
        for text in options.all("grant") {
            guard let grant = Grant(text) else {
                throw CommandFailure(.usage, "sala: --grant is written kind/id:read or kind/id:write")
            }
            grants.append(grant)
        }
        let ttl = try options.number("ttl", default: 3600, in: 1...Self.maxLifetimeSeconds)
        let tenants: Tenants
        if let data = options["data"] {
            tenants = try DevKeys.load(from: data)
        } else {
            var problems: [String] = []
            tenants = Configuration.tenantsFromEnvironment(&problems)
            guard problems.isEmpty else {
                throw CommandFailure(
                    .configuration,
                    "sala: \(problems.joined(separator: "\nsala: "))\n(or name the data of a 'sala dev' with --data)")
            }
        }
        let token = try tenants.sign(
            tenant: tenant, subject: subject, role: role, grants: grants, ttl: .seconds(ttl),
            now: SystemTime().wallClock, standing: try standing())
        Console.print(token.reveal())
    }

    /// What the token says for the platform's own pages; nil: nothing.
    private func standing() throws(CommandFailure) -> PlatformStanding? {
        for name in ["menu", "permission", "email"] {
            let isUsable = options.all(name).allSatisfy { (1...PlatformStanding.maxTextBytes).contains($0.utf8.count) }
            guard isUsable, options.all(name).count <= PlatformStanding.maxItems else {
                throw CommandFailure(
                    .usage,
                    "sala: --\(name) has 1 to \(PlatformStanding.maxTextBytes) bytes, and stands \(PlatformStanding.maxItems) times at most"
                )
            }
        }
        guard options.has("menu") || options.has("permission") || options.has("email") else { return nil }
        return PlatformStanding(
            menus: Set(options.all("menu")), permissions: Set(options.all("permission")), email: options["email"])
    }

    private func required(_ name: String) throws(CommandFailure) -> String {
        guard let value = options[name], !value.isEmpty else {
            throw CommandFailure(.usage, "sala: --\(name) is missing\n\n\(Help.token)")
        }
        return value
    }
}

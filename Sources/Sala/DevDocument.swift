internal import Domain
internal import JSON
internal import Primitives
internal import Reactor

/// What `sala dev` tells scripts (`dev.json`) and people (the lines it prints).
struct DevDocument {
    private let json: JSONValue
    private let standins: String
    private let data: String
    /// The certificate of the authority that clients have to trust; nil without TLS.
    private let authority: String?
    private let http: String
    private let tokens: JSONObject
    private let operatorToken: Secret

    init(
        tenants: Tenants, port: Int, standins: String, data: String, authority: String?, random: any RandomSource
    ) throws(CommandFailure) {
        self.standins = standins
        self.data = data
        self.authority = authority
        http = "\(authority == nil ? "http" : "https")://127.0.0.1:\(port)"
        (tokens, operatorToken) = try DevKeys.tokens(tenants, now: SystemTime().wallClock)
        var secrets = try DevKeys.secrets(in: data, random: random).object ?? [:]
        let keys = secrets[DevKeys.apiKeys] ?? [:]
        secrets[DevKeys.apiKeys] = nil
        var document: JSONObject = [
            "http": .string(http), "standins": .string(standins),
            "tokens": .object(tokens), "operator": .string(operatorToken.reveal()), "secrets": .object(secrets),
            "merchants": ["2c2p": .string(DevGateways.merchantID)], "apiKeys": keys,
        ]
        if let authority { document["ca"] = .string(authority) }
        json = .object(document)
    }

    /// Readable by its owner only: it holds tokens and secrets, if only of a demo.
    func write(to path: String) throws(CommandFailure) {
        do {
            try FileSystem.write(json.bytes, to: path, mode: 0o600)
        } catch {
            throw CommandFailure(.unavailable, "sala: \(error.message)")
        }
    }

    func announce() {
        let customer = tokens["jeco"]?["customer"]?.string ?? ""
        let staff = tokens[DevSlipTenants.tenant]?["staff"]?.string ?? ""
        var lines = [
            "", "Sala is ready.", "", "  demo chat   \(http)/demo/chat/#token=\(customer)",
            "  staff page  \(http)/demo/oa/#token=\(staff)",
            "  pay page    \(http)/demo/pay/",
            "  track page  \(http)/demo/track/   makes an order and follows it",
            "  gold page   \(http)/demo/gold/",
            "  ride page   \(http)/demo/ride/    rides it there; README, 'Follow an order', makes one by curl",
            "  server      \(http)   WebSocket: ws\(http.dropFirst(4))/v1/socket",
            "  stand-ins   \(standins)   POST /_control/openai sets how the model behaves",
            "  for scripts \(data)/dev.json",
        ]
        if let authority {
            lines += [
                "  to trust    curl --cacert \(authority) \(http)/health",
                "              In a browser, import that file as an authority: it can only sign for this machine.",
            ]
        }
        lines += ["", "Tokens of tenant jeco (30 days):", ""]
        for (role, subject) in DevKeys.roles {
            lines.append("  \(role.rawValue) (\(subject))")
            lines.append("    \(tokens["jeco"]?[role.rawValue]?.string ?? "")")
        }
        lines += [
            "  operator", "    \(operatorToken.reveal())", "",
            "Other tenants: \(DevKeys.tenants.dropFirst().joined(separator: ", ")). 'sala token --data \(data) …' makes more.",
            "Ctrl-C stops everything.", "",
        ]
        Console.print(lines.joined(separator: "\n"))
    }
}

internal import JSON
internal import Primitives

/// What `sala dev` wrote into dev.json: where it listens, and a token a role.
struct DevFacts {
    let http: Endpoint
    let standins: Endpoint
    let customer: Secret
    let service: Secret
    /// The `sub` of the customer's token.
    let subject: String

    static let tenant = "jeco"

    init(path: String) throws(LoadFailure) {
        guard let bytes = TextFile.read(path) else { throw LoadFailure(.usage, "cannot read \(path)") }
        let json: JSONValue
        do { json = try JSONParser.parse(bytes) } catch { throw LoadFailure(.usage, "\(path) is not JSON") }
        let tokens = json["tokens"]?[Self.tenant]
        guard let http = json["http"]?.string.flatMap(Endpoint.init(url:)),
            let standins = json["standins"]?.string.flatMap(Endpoint.init(url:)),
            let customer = tokens?["customer"]?.string, let service = tokens?["service"]?.string,
            let subject = Self.subject(of: customer)
        else { throw LoadFailure(.usage, "\(path) is not a dev.json with http, standins and tokens of \(Self.tenant)") }
        self.http = http
        self.standins = standins
        self.customer = Secret(customer)
        self.service = Secret(service)
        self.subject = subject
    }

    /// The claim that the token makes; it was made for us, so its signature is not looked at.
    private static func subject(of token: String) -> String? {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let claims = Base64.decodeURLSafe(Array(parts[1].utf8)) else { return nil }
        do { return try JSONParser.parse(claims)["sub"]?.string } catch { return nil }
    }
}

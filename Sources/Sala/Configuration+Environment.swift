internal import Authentication
internal import Gateway
internal import Glibc
internal import JSON
internal import LineAccounts
internal import Ports
internal import Primitives
internal import Proxies
internal import Telemetry

/// The only reader of the environment. It reports every problem at once.
extension Configuration {
    /// What is wrong with the environment, one line each.
    struct Problems: Error {
        let lines: [String]
    }

    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The configuration of `sala serve`.
    static func fromEnvironment() throws(Problems) -> Configuration {
        var problems: [String] = []
        let tenants = tenantsFromEnvironment(&problems)
        var configuration = Configuration(tenants: tenants)
        if let url = environment("SALA_DATABASE_URL") {
            configuration.databaseURL = Secret(url)
        } else {
            problems.append(
                "SALA_DATABASE_URL: missing; the PostgreSQL to use, such as postgresql://sala@db.internal/sala")
        }
        if let keys = environment("SALA_SEALING_KEYS") {
            do {
                configuration.sealingKeys = try SealingKeys(Secret(keys))
            } catch {
                problems.append("SALA_SEALING_KEYS: \(error)")
            }
        } else {
            problems.append("SALA_SEALING_KEYS: missing; such as k1:$(openssl rand -base64 32), the newest key first")
        }
        configuration.host = environment("SALA_HOST") ?? configuration.host
        configuration.port = UInt16(number("SALA_PORT", 8080, 1...65535, &problems))
        configuration.node = environment("SALA_NODE") ?? configuration.node
        configuration.readTLS(&problems)
        configuration.readCommon(&problems)
        if configuration.openai == nil, configuration.anthropic == nil, configuration.gemini == nil {
            problems.append(
                "SALA_OPENAI_API_KEY, SALA_ANTHROPIC_API_KEY, SALA_GEMINI_API_KEY: none is set; the advisor needs one")
        }
        guard problems.isEmpty else { throw Problems(lines: problems) }
        return configuration
    }

    private mutating func readTLS(_ problems: inout [String]) {
        switch (Self.environment("SALA_TLS_CERTIFICATE"), Self.environment("SALA_TLS_KEY")) {
        case (let certificate?, let key?):
            let files = TLSFiles(certificate: certificate, key: key)
            do {
                _ = try files.context()
            } catch {
                problems.append("SALA_TLS_CERTIFICATE, SALA_TLS_KEY: \(error.message)")
            }
            tls = files
        case (nil, nil): break
        case (nil, _): problems.append("SALA_TLS_CERTIFICATE: missing; SALA_TLS_KEY needs it")
        case (_, nil): problems.append("SALA_TLS_KEY: missing; SALA_TLS_CERTIFICATE needs it")
        }
        guard Self.environment("SALA_HTTP_REDIRECT_PORT") != nil else { return }
        let redirect = UInt16(Self.number("SALA_HTTP_REDIRECT_PORT", 80, 1...65535, &problems))
        redirectPort = redirect
        if tls == nil { problems.append("SALA_HTTP_REDIRECT_PORT: only with SALA_TLS_CERTIFICATE and SALA_TLS_KEY") }
        if redirect == port { problems.append("SALA_HTTP_REDIRECT_PORT: another port than SALA_PORT") }
    }

    /// What `sala dev` and `sala serve` share.
    mutating func readCommon(_ problems: inout [String]) {
        loops = Self.number(
            "SALA_LOOPS", max(1, min(Self.maxLoops, sysconf(Int32(_SC_NPROCESSORS_ONLN)))), 1...Self.maxLoops, &problems
        )
        if let text = Self.environment("SALA_LOG_LEVEL") {
            if let level = LogLevel(name: text) {
                logLevel = level
            } else {
                problems.append("SALA_LOG_LEVEL: one of trace, debug, info, notice, warning, error")
            }
        }
        enforcesRates = Self.isOn("SALA_RATE_LIMITS", enforcesRates, &problems)
        proxies = Self.proxies(&problems)
        if tls != nil, proxies.speakProxyProtocol {
            problems.append("SALA_PROXY_PROTOCOL: not together with TLS of our own; let the proxy speak it")
        }
        maxConnections = Self.number("SALA_MAX_CONNECTIONS", maxConnections, 1...1_000_000, &problems)
        maxConnectionsPerAddress = Self.number(
            "SALA_MAX_CONNECTIONS_PER_ADDRESS", maxConnectionsPerAddress, 1...1_000_000, &problems)
        maxProviderConnections = Self.number(
            "SALA_MAX_PROVIDER_CONNECTIONS", maxProviderConnections, Self.maxLoops...16_384, &problems)
        idleTimeout = .seconds(
            Self.number("SALA_SESSION_IDLE_SECONDS", Int(idleTimeout.components.seconds), 1...86_400, &problems))
        drainTimeout = .seconds(
            Self.number("SALA_DRAIN_SECONDS", Int(drainTimeout.components.seconds), 1...600, &problems))
        openai = Self.provider("OPENAI", "gpt-4o-mini", "https://api.openai.com/v1", &problems) ?? openai
        anthropic = Self.provider("ANTHROPIC", "claude-haiku-4-5", "https://api.anthropic.com", &problems) ?? anthropic
        gemini =
            Self.provider("GEMINI", "gemini-2.5-flash", "https://generativelanguage.googleapis.com/v1beta", &problems)
            ?? gemini
        slipServices.read(&problems)
        readMap(&problems)
        readGoldPrice(&problems)
        if let text = Self.environment("SALA_PAYMENT_GATEWAYS") { readMerchants(text, &problems) }
        if let text = Self.environment("SALA_FCM") { readPushAccounts(text, &problems) }
        if let text = Self.environment("SALA_PROVIDERS") {
            let order = text.split(separator: ",").map(String.init)
            if order.isEmpty || !order.allSatisfy(["openai", "anthropic", "gemini"].contains)
                || Set(order).count != order.count
            {
                problems.append("SALA_PROVIDERS: an order of openai, anthropic and gemini, separated by commas")
            } else {
                providerOrder = order
            }
        }
    }

    private mutating func readGoldPrice(_ problems: inout [String]) {
        if let url = Self.environment("SALA_GOLD_PRICE_URL") {
            goldPriceURL = url
            if !url.hasPrefix("https://"), !url.hasPrefix("http://") {
                problems.append("SALA_GOLD_PRICE_URL: begins with https:// or http://")
            }
        }
        guard let text = Self.environment("SALA_GOLD_PRICE_TENANTS") else { return }
        goldPriceTenants = text.split(separator: ",").map(String.init)
        for name in goldPriceTenants where tenants.tenant(name) == nil {
            problems.append("SALA_GOLD_PRICE_TENANTS: there is no tenant '\(name)'")
        }
    }

    private mutating func readMap(_ problems: inout [String]) {
        leafletFolder = Self.environment("SALA_LEAFLET_DIR") ?? leafletFolder
        guard let text = Self.environment("SALA_MAP_TILES") else { return }
        mapTiles = TileAddress(text)
        if mapTiles == nil {
            problems.append(
                "SALA_MAP_TILES: begins with https://, names one host and has {z}, {x} and {y}, at most "
                    + "\(TileAddress.maxBytes) bytes; such as https://tiles.example/{z}/{x}/{y}.png")
        }
    }

    private static func proxies(_ problems: inout [String]) -> TrustedProxies {
        var blocks: [AddressBlock] = []
        switch TrustedProxies.blocks(environment("SALA_TRUSTED_PROXIES") ?? "") {
        case .success(let found): blocks = found
        case .failure(.notABlock(let text)):
            problems.append(
                "SALA_TRUSTED_PROXIES: addresses or blocks such as 10.0.0.0/8, separated by commas; not '\(text)'")
        case .failure(.tooMany):
            problems.append("SALA_TRUSTED_PROXIES: at most \(TrustedProxies.maxBlocks) blocks")
        }
        let speakProxyProtocol = isOn("SALA_PROXY_PROTOCOL", false, &problems)
        if speakProxyProtocol, environment("SALA_TRUSTED_PROXIES") == nil {
            problems.append("SALA_PROXY_PROTOCOL: needs SALA_TRUSTED_PROXIES, the addresses that speak it")
        }
        return TrustedProxies(blocks, speakProxyProtocol: speakProxyProtocol)
    }

    private static func isOn(_ name: String, _ absent: Bool, _ problems: inout [String]) -> Bool {
        switch environment(name) {
        case nil: return absent
        case "on": return true
        case "off": return false
        default:
            problems.append("\(name): on or off")
            return absent
        }
    }

    private static func provider(
        _ name: String, _ model: String, _ baseURL: String, _ problems: inout [String]
    ) -> Provider? {
        guard let key = environment("SALA_\(name)_API_KEY") else { return nil }
        let url = environment("SALA_\(name)_BASE_URL") ?? baseURL
        if !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            problems.append("SALA_\(name)_BASE_URL: begins with https:// or http://")
        }
        return Provider(key: Secret(key), model: environment("SALA_\(name)_MODEL") ?? model, baseURL: url)
    }

    static func tenantsFromEnvironment(_ problems: inout [String]) -> Tenants {
        let source: [UInt8]
        let name: String
        if let text = environment("SALA_TENANTS") {
            (source, name) = (Array(text.utf8), "SALA_TENANTS")
        } else if let path = environment("SALA_TENANTS_FILE") {
            name = "SALA_TENANTS_FILE"
            do {
                source = try FileSystem.read(path)
            } catch {
                problems.append("SALA_TENANTS_FILE: \(error.message)")
                return .none
            }
        } else {
            problems.append("SALA_TENANTS: missing; the tenants and their keys as JSON, or SALA_TENANTS_FILE")
            return .none
        }
        do {
            var found: [String] = []
            let tenants = Tenants(json: try JSONParser.parse(source), problems: &found)
            problems += found.map { "\(name): \($0)" }
            return tenants
        } catch {
            problems.append("\(name): not JSON (\(error.reason.rawValue) at byte \(error.index))")
            return .none
        }
    }

    private static func number(
        _ name: String, _ absent: Int, _ range: ClosedRange<Int>, _ problems: inout [String]
    ) -> Int {
        guard let text = environment(name) else { return absent }
        guard let number = Int(text), range.contains(number) else {
            problems.append("\(name): a number from \(range.lowerBound) to \(range.upperBound)")
            return absent
        }
        return number
    }
}

extension Configuration {
    /// The text, or the file behind an `@`.
    fileprivate mutating func readMerchants(_ text: String, _ problems: inout [String]) {
        do {
            let bytes = text.hasPrefix("@") ? try FileSystem.read(String(text.dropFirst())) : Array(text.utf8)
            let read = Merchants.read(try JSONParser.parse(bytes), tenants: tenants, problems: &problems)
            merchants.merge(read) { _, configured in configured }
        } catch {
            problems.append("SALA_PAYMENT_GATEWAYS: it cannot be read as JSON")
        }
    }

    /// The same.
    fileprivate mutating func readPushAccounts(_ text: String, _ problems: inout [String]) {
        do {
            let bytes = text.hasPrefix("@") ? try FileSystem.read(String(text.dropFirst())) : Array(text.utf8)
            let read = PushAccounts.read(try JSONParser.parse(bytes), tenants: tenants, problems: &problems)
            pushAccounts.merge(read) { _, configured in configured }
        } catch {
            problems.append("SALA_FCM: it cannot be read as JSON")
        }
    }
}

extension Configuration.SlipServices {
    /// A service with a key here is asked where it really is, also in `sala dev`.
    fileprivate mutating func read(_ problems: inout [String]) {
        let live = LineEndpoints()
        if let key = Configuration.environment("SALA_EASYSLIP_API_KEY") {
            credentials.append(SlipVerifierCredential(tenant: nil, provider: .easyslip2, token: Secret(key)))
            (endpoints.easyslip1, endpoints.easyslip2) = (live.easyslip1, live.easyslip2)
        }
        switch (
            Configuration.environment("SALA_SLIPOK_API_KEY"), Configuration.environment("SALA_SLIPOK_BRANCH")
        ) {
        case (let key?, let branch?):
            if branch.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                credentials.append(
                    SlipVerifierCredential(tenant: nil, provider: .slipok, token: Secret(key), branch: branch))
                endpoints.slipok = live.slipok
            } else {
                problems.append("SALA_SLIPOK_BRANCH: digits")
            }
        case (nil, nil): break
        case (nil, _): problems.append("SALA_SLIPOK_API_KEY: missing; SALA_SLIPOK_BRANCH needs it")
        case (_, nil): problems.append("SALA_SLIPOK_BRANCH: missing; SALA_SLIPOK_API_KEY needs it")
        }
        endpoints.lineAPI = Self.url("SALA_LINE_BASE_URL", endpoints.lineAPI, &problems)
        endpoints.lineContent = Self.url("SALA_LINE_CONTENT_BASE_URL", endpoints.lineContent, &problems)
        endpoints.easyslip1 = Self.url("SALA_EASYSLIP_V1_BASE_URL", endpoints.easyslip1, &problems)
        endpoints.easyslip2 = Self.url("SALA_EASYSLIP_V2_BASE_URL", endpoints.easyslip2, &problems)
        endpoints.slipok = Self.url("SALA_SLIPOK_BASE_URL", endpoints.slipok, &problems)
    }

    private static func url(_ name: String, _ absent: String, _ problems: inout [String]) -> String {
        guard let url = Configuration.environment(name) else { return absent }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
            problems.append("\(name): begins with https:// or http://")
            return absent
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}

extension Tenants {
    static var none: Tenants {
        var ignored: [String] = []
        return Tenants(json: .object(JSONObject()), problems: &ignored)
    }
}

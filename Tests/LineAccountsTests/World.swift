import Domain
import HTTPClient
import JSON
import Ports
import Primitives
import Reactor
import Synchronization
import TestSupport
import Testing

@testable import LineAccounts

/// A request that came whole.
struct Request {
    let method: String
    let path: String
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue? { try? JSONParser.parse(body) }
}

/// What the other side does with a request.
enum Reply {
    case answer(Int, [UInt8], fields: [String] = [])
    /// These bytes, right or wrong; then the connection ends, unless it `staysOpen`.
    case raw(String, staysOpen: Bool = false)
    case silence

    static func text(_ status: Int, _ text: String) -> Reply { .answer(status, Array(text.utf8)) }
    static func json(_ status: Int, _ json: JSONValue) -> Reply { .answer(status, json.bytes) }
}

/// One loop with a client, one adapter, and a server that is everybody: LINE below `/line`, its content below `/content`, the slip
/// services below `/easyslip1`, `/easyslip2`, `/slipok`, and the tenant's back end below `/backend`. Driven by hand; time is skipped.
final class World {
    let time = WarpTime()
    let loop: EventLoop
    let client: HTTPClient
    let book: TenantBook
    let accounts: TenantAccounts
    let claims: ScriptedClaims
    let server: RawServer
    let log = ServerLog()
    let expired = Expired()
    private(set) var adapter: LineAccountAdapter

    static let tenant = "company_a"

    init(
        settings: TenantSettings? = nil, shared: [SlipVerifierCredential] = [], oa: String = "oa-1",
        accounts: TenantAccounts = TenantAccounts(), maxTransfers: Int = 64, isReachable: Bool = true,
        readSlip: @escaping LineAccountAdapter.SlipReader = { _, _, _ in }, _ script: @escaping (Request) -> Reply
    ) throws {
        let loop = try EventLoop(index: 0, time: time)
        self.loop = loop
        var configuration = HTTPClient.Configuration()
        configuration.maxTransfersInFlight = maxTransfers
        let client = try HTTPClient(loop: loop, configuration: configuration)
        self.client = client
        let log = self.log
        let server = try loop.enter { Result { try RawServer(loop) { log.serve($0, script) } } }.get()
        self.server = server
        // Nobody listens on the first port.
        let url = isReachable ? server.url : "http://127.0.0.1:1"
        var settings = settings ?? Self.settings()
        if settings.tenant.apiBaseURL.isEmpty { settings.tenant.apiBaseURL = url + "/backend" }
        let book = TenantBook([settings], shared: shared)
        self.book = book
        self.accounts = accounts
        let claims = ScriptedClaims(loop)
        self.claims = claims
        let expired = self.expired
        adapter = LineAccountAdapter(
            address: SessionAddress(tenant: Self.tenant, kind: .lineAccount, id: oa), loop: loop, client: client,
            book: book, claims: claims, accounts: accounts, readSlip: readSlip,
            endpoints: Self.endpoints(url), random: SeededSource(seed: 1),
            adminExpired: { tenant in expired.tenants.withLock { $0.append(tenant) } })
    }

    deinit {
        loop.enter {
            adapter.close()
            client.close()
            server.close()
        }
    }

    static func endpoints(_ url: String) -> LineEndpoints {
        var endpoints = LineEndpoints()
        endpoints.lineAPI = url + "/line"
        endpoints.lineContent = url + "/content"
        endpoints.easyslip1 = url + "/easyslip1"
        endpoints.easyslip2 = url + "/easyslip2"
        endpoints.slipok = url + "/slipok"
        return endpoints
    }

    /// A tenant that has everything; its back end is the world's server unless it says otherwise.
    static func settings(baseURL: String = "", status: AdminSessionRow.Status? = .active) -> TenantSettings {
        let now = Timestamp(seconds: 1_795_000_000)
        return TenantSettings(
            tenant: SlipTenant(
                id: tenant, name: "Company A", apiBaseURL: baseURL, createdAt: now, updatedAt: now),
            channels: [
                LineChannel(
                    tenant: tenant, id: "oa-1", name: "OA", channelID: "165", channelSecret: Secret("s"),
                    accessToken: Secret("line-token"), createdAt: now)
            ],
            verifiers: [
                SlipVerifierCredential(tenant: tenant, provider: .easyslip2, token: Secret("es2")),
                SlipVerifierCredential(tenant: tenant, provider: .easyslip1, token: Secret("es1")),
                SlipVerifierCredential(tenant: tenant, provider: .slipok, token: Secret("sok"), branch: "123"),
            ],
            adminSession: status.map { session(token: "admin-token", status: $0) })
    }

    static func session(token: String, status: AdminSessionRow.Status = .active) -> AdminSessionRow {
        let now = Timestamp(seconds: 1_795_000_000)
        return AdminSessionRow(
            tenant: tenant, username: "admin", token: Secret(token), refreshToken: nil, expiresAt: nil, status: status,
            lastValidatedAt: now, updatedAt: now)
    }

    /// Makes a call on the loop; the answers that it gets are gathered.
    func call<Answer: Sendable>(
        _ make: (LineAccountAdapter, @escaping @Sendable (Answer) -> Void) -> Void
    ) -> Answers<Answer> {
        let answers = Answers<Answer>()
        loop.enter {
            make(adapter) { answer in answers.list.withLock { $0.append(answer) } }
        }
        // Never inside the call.
        #expect(answers.count == 0)
        return answers
    }

    /// The one answer of a call: it comes, and no second one follows.
    func answer<Answer: Sendable>(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ make: (LineAccountAdapter, @escaping @Sendable (Answer) -> Void) -> Void
    ) throws -> Answer {
        let answers = call(make)
        run(until: { answers.count > 0 }, sourceLocation: sourceLocation)
        settle()
        #expect(answers.count == 1, sourceLocation: sourceLocation)
        #expect(client.transferCount == 0, sourceLocation: sourceLocation)
        return try #require(answers.first, sourceLocation: sourceLocation)
    }

    /// The answer to a call that the other side lets hang: time is skipped once the request has come.
    func answerAfter<Answer: Sendable>(
        _ wait: Duration, sourceLocation: SourceLocation = #_sourceLocation,
        _ make: (LineAccountAdapter, @escaping @Sendable (Answer) -> Void) -> Void
    ) throws -> Answer {
        let before = log.count
        let answers = call(make)
        run(until: { log.count > before }, sourceLocation: sourceLocation)
        settle()
        #expect(answers.count == 0, sourceLocation: sourceLocation)
        time.skip(wait)
        run(until: { answers.count > 0 }, sourceLocation: sourceLocation)
        settle()
        #expect(answers.count == 1, sourceLocation: sourceLocation)
        return try #require(answers.first, sourceLocation: sourceLocation)
    }

    /// Turns the loop until `condition` holds; records an issue when it does not within twenty real seconds.
    func run(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        let limit = SystemTime().now.advanced(by: .seconds(20))
        loop.enter {
            while !condition() {
                guard SystemTime().now < limit else {
                    Issue.record("did not happen within 20 s", sourceLocation: sourceLocation)
                    return
                }
                loop.turn(waitingAtMost: .milliseconds(5))
            }
        }
    }

    /// Runs what is ready now, a few turns of it.
    func settle() { loop.enter { for _ in 0..<10 { loop.turn(waitingAtMost: .milliseconds(1)) } } }
}

/// The answers that one call got.
final class Answers<Answer: Sendable>: Sendable {
    let list = Mutex<[Answer]>([])
    var count: Int { list.withLock { $0.count } }
    var first: Answer? { list.withLock { $0.first } }
}

/// Tenants whose session was reported as expired.
final class Expired: Sendable {
    let tenants = Mutex<[String]>([])
    var all: [String] { tenants.withLock { $0 } }
}

/// Takes requests apart, and answers them.
final class ServerLog {
    private(set) var requests: [Request] = []
    var count: Int { requests.count }

    func serve(_ peer: RawServer.Peer, _ script: (Request) -> Reply) {
        guard let request = Self.request(peer.received) else { return }
        peer.forgetReceived()
        requests.append(request)
        switch script(request) {
        case .answer(let status, let body, let fields):
            let lines = fields.map { $0 + "\r\n" }.joined()
            peer.send(Array("HTTP/1.1 \(status) X\r\n\(lines)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
        case .raw(let text, let staysOpen):
            peer.send(text)
            if !staysOpen { peer.close() }
        case .silence: break
        }
    }

    private static func request(_ bytes: [UInt8]) -> Request? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let start = lines.first?.split(separator: " ") ?? []
        guard start.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = String(parts.last?.drop { $0 == " " } ?? "")
        }
        let body = Array(bytes[end.upperBound...])
        guard body.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
        return Request(method: String(start[0]), path: String(start[1]), headers: headers, body: body)
    }
}

/// A store of references that answers what it is told to.
final class ScriptedClaims: SlipClaimStore, @unchecked Sendable {
    // Confined to the test's loop.
    private let loop: EventLoop
    var claimed: [(tenant: String, reference: SlipReference, account: String, transaction: String)] = []
    var answer = ClaimAnswer.claimed

    init(_ loop: EventLoop) { self.loop = loop }

    func claim(
        tenant: String, _ reference: SlipReference, transferredAt: Timestamp?, account: String, transaction: String,
        _ completion: @escaping @Sendable (ClaimAnswer) -> Void
    ) {
        claimed.append((tenant, reference, account, transaction))
        loop.submit { [self] in completion(answer) }
    }

    func holder(
        tenant: String, bank: String?, transRef: String,
        _ completion: @escaping @Sendable (Result<String?, StoreFailure>) -> Void
    ) {
        loop.submit { completion(.success(nil)) }
    }
}

internal import HTTP1
internal import JSON
internal import Primitives
internal import Reactor

/// One kept-alive HTTP/1.1 connection that carries one request at a time. Confined to the driver's loop.
final class HTTPChannel: ByteStreamOwner {
    enum Event {
        case part(HTTPResponseDecoder.Part)
        /// The connection broke; nothing comes after it.
        case failed(String)
    }

    private let endpoint: Endpoint
    private let driver: Driver
    private let stream: ByteStream
    private var decoder: HTTPResponseDecoder
    private var method = HTTPMethod.get
    private var receive: ((Event) -> Void)?
    private(set) var isOpen = false
    private(set) var isBroken = false

    init(to endpoint: Endpoint, driver: Driver) throws(LoadFailure) {
        self.endpoint = endpoint
        self.driver = driver
        var limits = HTTPLimits()
        limits.maxBodyBytes = 64 * 1024 * 1024
        decoder = HTTPResponseDecoder(limits: limits)
        do {
            stream = try ByteStream(to: endpoint, on: driver.loop)
            try stream.open(for: self)
        } catch {
            throw LoadFailure(.unavailable, "no connection to \(endpoint.authority): \(error)")
        }
    }

    /// True while an answer is under way.
    var isBusy: Bool { receive != nil }

    func close() { stream.close() }

    /// `receive` gets the parts of the answer as they come. The channel must not be busy.
    func send(
        _ method: HTTPMethod, _ target: HTTPTarget, body: JSONValue?, token: Secret?, adding fields: HTTPHeaders = [:],
        _ receive: @escaping (Event) -> Void
    ) {
        precondition(!isBusy, "one request at a time")
        guard !isBroken else { return receive(.failed("the connection is closed")) }
        var headers: HTTPHeaders = ["Host": endpoint.authority, "Content-Type": "application/json"]
        if let token { headers.add("Authorization", "Bearer \(token.reveal())") }
        for field in fields.fields { headers.add(field.name, field.value) }
        self.method = method
        self.receive = receive
        stream.write(
            HTTPRequestEncoder.whole(
                HTTPRequest(method: method, target: target, headers: headers, body: body?.bytes ?? [])))
    }

    /// The whole answer, waiting for it.
    func call(
        _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, token: Secret? = nil
    ) throws(LoadFailure) -> (status: Int, body: [UInt8]) {
        let target = try Self.target(path)
        var status = 0
        var content: [UInt8] = []
        var failure: String?
        var isDone = false
        send(method, target, body: body, token: token) { event in
            switch event {
            case .part(.head(let received, _)): status = received.code
            case .part(.content(let bytes)): content += bytes
            case .part(.end): isDone = true
            case .failed(let why): failure = why
            }
        }
        try driver.wait(for: "the answer to \(method) \(path)", atMost: .seconds(30)) { isDone || failure != nil }
        if let failure { throw LoadFailure(.unavailable, "\(method) \(path): \(failure)") }
        return (status, content)
    }

    static func target(_ path: String) throws(LoadFailure) -> HTTPTarget {
        do { return try HTTPTarget(path) } catch { throw LoadFailure(.usage, "not a path: \(path)") }
    }

    func streamOpened() { isOpen = true }

    func streamEnded(_ why: String) {
        isBroken = true
        let receive = receive
        self.receive = nil
        receive?(.failed(why))
    }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        decoder.append(UnsafeRawBufferPointer(bytes).bytes)
        do {
            while let receive, let part = try decoder.nextPart(to: method) {
                // The next request may be sent out of the end of this one.
                if part == .end { self.receive = nil }
                receive(.part(part))
            }
        } catch {
            stream.close()
            streamEnded("the answer is not HTTP: \(error)")
        }
    }
}

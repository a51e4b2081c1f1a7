internal import CCurl
internal import Primitives
internal import Reactor

/// One request and its answer. Confined to its client's loop.
///
/// libcurl's callbacks only note what came; the consumer hears of it from `flush`, outside libcurl, so that it may start,
/// pause and cancel transfers from within. The callbacks' unretained pointer is valid because the client's table keeps the
/// transfer until its easy handle is removed.
package final class HTTPTransfer {
    private weak var client: HTTPClient?
    let request: HTTPClientRequest
    let start: Instant
    private var receive: ((HTTPTransferEvent) -> Void)?

    var easy: EasyHandle?
    var headers: HeaderList?
    private(set) var deadlines: TransferDeadlines
    private var timer: (timer: ScheduledTimer, deadline: Instant)?

    private var parser: ResponseHeadParser
    private(set) var status: Int?
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var bodyBytes = 0
    private var outcome: HTTPTransferEvent?
    /// Why one of our own callbacks made libcurl give up.
    private(set) var refusal: TransportFailure?
    /// libcurl keeps a piece that the write callback did not take, and reads no further.
    private var isHeldByLibrary = false
    private var isPaused = false
    /// To an address that the request admits.
    private var hasOpenedSocket = false
    /// In the client's list of transfers to flush.
    var isQueued = false

    init(
        client: HTTPClient, request: HTTPClientRequest, start: Instant, _ receive: @escaping (HTTPTransferEvent) -> Void
    ) {
        self.client = client
        self.request = request
        self.start = start
        self.receive = receive
        deadlines = TransferDeadlines(start: start, timeouts: request.timeouts)
        parser = ResponseHeadParser(maxBytes: client.configuration.maxHeadBytes)
    }

    // MARK: For the consumer

    /// Ends the transfer at once: an HTTP/1.1 connection is closed, an HTTP/2 stream reset. Nothing is reported after this.
    /// Idempotent.
    package func cancel() {
        guard receive != nil else { return }
        receive = nil
        stopTimer()
        client?.forget(self, .cancelled)
    }

    /// Reports nothing until `resume()`. What came is kept up to `maxBufferedBytes`, then the provider is slowed down.
    package func pause() {
        isPaused = true
        deadlines.held()
    }

    /// Reports again, never inside this call.
    package func resume() {
        guard isPaused, let client else { return }
        isPaused = false
        deadlines.released(at: client.loop.time.now)
        checkTimer()
        client.queueForLater(self)
    }

    // MARK: For the client

    var isOver: Bool { receive == nil }

    /// The transfer brought its last byte or broke; what it brought until then is still reported first.
    func end(_ event: HTTPTransferEvent) {
        guard outcome == nil else { return }
        outcome = event
        isHeldByLibrary = false
        deadlines.ended()
        if case .failed(.timeout) = event, isPaused {
            // The consumer that holds the transfer is the one to hear that its time is up.
            (head, body, isPaused) = (nil, [], false)
        }
    }

    /// Reports what came. The consumer may cancel or pause after each event.
    func flush() {
        if !isPaused, let head {
            self.head = nil
            receive?(.head(head))
        }
        if !isPaused, !body.isEmpty {
            let piece = body
            body = []
            receive?(.body(piece))
        }
        guard !isPaused, receive != nil else { return }
        if isHeldByLibrary { return release() }
        guard let outcome, head == nil, body.isEmpty else { return }
        let receive = receive
        self.receive = nil
        stopTimer()
        if case .failed(let failure) = outcome {
            client?.forget(self, .failed(failure))
        } else {
            client?.forget(self, .answered(status: status ?? 0))
        }
        receive?(outcome)
    }

    /// Lets libcurl go on; it may hand over the piece that it kept before this returns.
    private func release() {
        isHeldByLibrary = false
        deadlines.released(at: client?.loop.time.now ?? start)
        guard let easy else { return }
        if curl_easy_pause(easy.pointer, CURLPAUSE_CONT) != CURLE_OK { client?.fail(self, refusal ?? .cutOff) }
        client?.queueForLater(self)
    }

    // MARK: Timeouts

    /// Sees to it that a timer fires no later than the next deadline. Deadlines mostly move away: the timer then finds
    /// nothing expired and is set again, which costs less than moving it with every piece.
    func checkTimer() {
        guard let client, receive != nil else { return }
        let (deadline, _) = deadlines.next
        if let timer, timer.deadline <= deadline { return }
        stopTimer()
        let delay = deadline.since(client.loop.time.now)
        let scheduled = client.loop.schedule(after: delay) { [weak self] in self?.timerFired() }
        timer = (scheduled, deadline)
    }

    private func timerFired() {
        timer = nil
        guard let client, receive != nil else { return }
        if let timeout = deadlines.expired(at: client.loop.time.now) { client.fail(self, .timeout(timeout)) }
        checkTimer()
    }

    private func stopTimer() {
        timer?.timer.cancel()
        timer = nil
    }

    // MARK: libcurl's callbacks

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    static let connectionReady: curl_prereq_callback = { context, _, _, _, _ in
        guard let transfer = transfer(context) else { return CURL_PREREQFUNC_OK }
        // A connection that was not opened for this transfer: its address was not asked about.
        if transfer.request.admits != nil, !transfer.hasOpenedSocket { return CURL_PREREQFUNC_ABORT }
        if let now = transfer.client?.loop.time.now {
            transfer.deadlines.connected(at: now)
            transfer.checkTimer()
        }
        return CURL_PREREQFUNC_OK
    }

    /// Opens no socket to an address that the request does not admit; libcurl goes on to the name's next address.
    static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let transfer = transfer(context), let address, let admits = transfer.request.admits else {
            return curl_socket_t(CURL_SOCKET_BAD)
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = bytes.withUnsafeMutableBufferPointer { sala_curl_address(address, $0.baseAddress) }
        guard count > 0, admits(Array(bytes.prefix(Int(count)))) else { return curl_socket_t(CURL_SOCKET_BAD) }
        transfer.hasOpenedSocket = true
        return sala_curl_open_socket(address)
    }

    static let receiveHeaderLine: curl_write_callback = { bytes, size, count, context in
        guard let transfer = transfer(context), let bytes else { return 0 }
        return transfer.receive(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
    }

    static let receiveBody: curl_write_callback = { bytes, size, count, context in
        guard let transfer = transfer(context), let bytes else { return 0 }
        return transfer.receive(piece: UnsafeRawBufferPointer(start: bytes, count: size * count))
    }

    /// Returns how much was taken; anything else than all makes libcurl end the transfer.
    private func receive(headerLine line: UnsafeRawBufferPointer) -> Int {
        progressed()
        switch parser.receive(line: line) {
        case .more: break
        case .head(let head):
            self.head = head
            status = head.status
            client?.queue(self)
        case .tooLarge: return refuse(.tooLarge)
        case .malformed: return refuse(.protocolViolation)
        }
        return line.count
    }

    private func receive(piece: UnsafeRawBufferPointer) -> Int {
        guard let client else { return 0 }
        let isFull = !body.isEmpty && body.count + piece.count > client.configuration.maxBufferedBytes
        if isPaused || isFull {
            isHeldByLibrary = true
            deadlines.held()
            client.queue(self)
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        progressed()
        bodyBytes += piece.count
        guard bodyBytes <= request.maxBodyBytes else { return refuse(.tooLarge) }
        body.append(contentsOf: piece)
        client.queue(self)
        return piece.count
    }

    private func progressed() {
        guard let client else { return }
        let isFirst = status == nil
        deadlines.progressed(at: client.loop.time.now)
        if isFirst { checkTimer() }
    }

    private func refuse(_ failure: TransportFailure) -> Int {
        refusal = refusal ?? failure
        return 0
    }
}

internal import CCurl
internal import Primitives
package import Reactor

/// Requests to providers over libcurl, on one event loop and without a thread of its own (names are resolved on libcurl's).
///
/// Sendable because every entry point demands the loop's own thread (`preconditionOnLoop`).
package final class HTTPClient: @unchecked Sendable {
    package let loop: EventLoop
    package let configuration: Configuration
    private let multi: CurlMulti
    /// Every transfer that is not over, those included whose consumer has not taken all of the answer.
    private var transfers: [ObjectIdentifier: HTTPTransfer] = [:]
    /// Those that libcurl works on, by easy handle. What libcurl's callbacks point to is alive because it is here.
    private var running: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
    private var idle: [EasyHandle] = []
    private var queued: [HTTPTransfer] = []
    private var isDelivering = false
    private var isDeliveryPlanned = false
    private var isClosed = false

    /// On any thread; everything else on the loop.
    package init(loop: EventLoop, configuration: Configuration = Configuration()) throws(HTTPClientFailure) {
        self.loop = loop
        self.configuration = configuration
        multi = try CurlMulti(loop: loop, configuration: configuration)
        multi.actionEnded = { [unowned self] in takeResults() }
    }

    /// Without `close()` before, descriptors that libcurl still had registered leave a dead entry each in the loop's table.
    deinit {
        multi.detach()
        for (easy, transfer) in running {
            multi.remove(easy)
            transfer.easy?.free()
        }
        for handle in idle { handle.free() }
    }

    /// Cancels every transfer. Idle connections close with the last reference; starts from now on are `.overloaded`.
    package func close() {
        loop.preconditionOnLoop()
        for transfer in Array(transfers.values) { transfer.cancel() }
        isClosed = true
        multi.close()
    }

    /// Transfers that are not over.
    package var transferCount: Int { transfers.count }

    /// Sends `request` and reports its answer. `receive` runs on the loop, never inside this call, and not after `cancel()`.
    @discardableResult
    package func start(
        _ request: HTTPClientRequest, _ receive: @escaping (HTTPTransferEvent) -> Void
    ) -> HTTPTransfer {
        loop.preconditionOnLoop()
        let transfer = HTTPTransfer(client: self, request: request, start: loop.time.now, receive)
        if let failure = begin(transfer) {
            transfer.end(.failed(failure))
            // Not in the table: this closure keeps it until it has reported.
            loop.afterwards { transfer.flush() }
        }
        return transfer
    }

    /// Nil when the transfer is under way.
    private func begin(_ transfer: HTTPTransfer) -> TransportFailure? {
        guard !isClosed, transfers.count < configuration.maxTransfersInFlight else { return .overloaded }
        guard transfer.request.url.hasPrefix("https://") || transfer.request.url.hasPrefix("http://"),
            !transfer.request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }),
            let headers = HeaderList(transfer.request.headers + [("User-Agent", configuration.userAgent)])
        else { return .invalidRequest }
        guard let easy = idle.popLast() ?? EasyHandle() else { return .overloaded }
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        guard easy.prepare(transfer.request, headers, configuration, context: context) else {
            keep(easy)
            return .invalidRequest
        }
        transfer.easy = easy
        transfer.headers = headers
        transfers[ObjectIdentifier(transfer)] = transfer
        running[easy.pointer] = transfer
        guard multi.add(easy.pointer) else {
            transfers[ObjectIdentifier(transfer)] = nil
            release(transfer)
            return .overloaded
        }
        transfer.checkTimer()
        return nil
    }

    // MARK: For transfers

    /// Ends a running transfer for a reason of ours.
    func fail(_ transfer: HTTPTransfer, _ failure: TransportFailure) {
        release(transfer)
        transfer.end(.failed(failure))
        queueForLater(transfer)
    }

    /// The transfer is over: reported or cancelled.
    func forget(_ transfer: HTTPTransfer, _ outcome: HTTPObservation.Outcome) {
        loop.preconditionOnLoop()
        release(transfer)
        transfers[ObjectIdentifier(transfer)] = nil
        configuration.observe?(
            HTTPObservation(
                host: transfer.request.host, method: transfer.request.method, outcome: outcome,
                duration: loop.time.now.since(transfer.start)))
    }

    /// The transfer has something to report once libcurl returns.
    func queue(_ transfer: HTTPTransfer) {
        guard !transfer.isQueued else { return }
        transfer.isQueued = true
        queued.append(transfer)
    }

    /// The same, from outside libcurl.
    func queueForLater(_ transfer: HTTPTransfer) {
        loop.preconditionOnLoop()
        queue(transfer)
        guard !isDelivering, !isDeliveryPlanned else { return }
        isDeliveryPlanned = true
        loop.afterwards { [weak self] in
            self?.isDeliveryPlanned = false
            self?.deliver()
        }
    }

    // MARK: After libcurl

    private func takeResults() {
        while let (easy, result) = multi.nextDone() {
            guard let transfer = running[easy] else { continue }
            let isConnected = !transfer.deadlines.isConnecting
            release(transfer)
            transfer.end(
                result == CURLE_OK && transfer.status != nil
                    ? .completed
                    : .failed(transfer.refusal ?? TransportFailure(result, connected: isConnected)))
            queue(transfer)
        }
        for easy in multi.takeUnwatched() {
            if let transfer = running[easy] { fail(transfer, .overloaded) }
        }
        deliver()
    }

    /// Reports to the consumers what came. A consumer's call may queue more: that is reported before this returns, and ends
    /// because libcurl reads sockets only from the loop.
    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        var index = 0
        while index < queued.count {
            let transfer = queued[index]
            index += 1
            transfer.isQueued = false
            transfer.flush()
        }
        queued.removeAll(keepingCapacity: true)
        isDelivering = false
    }

    /// Takes the easy handle out of libcurl's hands. Idempotent.
    private func release(_ transfer: HTTPTransfer) {
        guard let easy = transfer.easy else { return }
        transfer.easy = nil
        multi.remove(easy.pointer)
        running[easy.pointer] = nil
        keep(easy)
        transfer.headers = nil
    }

    private func keep(_ easy: EasyHandle) {
        if idle.count < configuration.maxIdleHandles {
            easy.reset()
            idle.append(easy)
        } else {
            easy.free()
        }
    }
}

internal import HTTP1
internal import Primitives
package import Reactor
internal import WebSocket

/// One accepted socket: HTTP requests one after the other, or, after an upgrade, a WebSocket. Not an actor: it is confined
/// to its loop (hence `@unchecked Sendable`), and its protocol cores run to completion inside the loop's callbacks.
///
/// Output of a turn is gathered and written once, at the end of the turn.
package final class Connection: Pollable, TurnEndObserver, @unchecked Sendable {
    private enum State {
        case http(HTTPRequestDecoder)
        case webSocket(WebSocketPeer)
        /// Ours is said; the peer's rest is read and thrown away until it ends or the time is over.
        case lingering
        case closed
    }

    package let peerAddress: String
    package let group: ConnectionGroup
    package var loop: EventLoop { group.loop }
    private var channel: Channel?
    private var registration: Registration?
    private var state: State
    private var output = OutputQueue()
    private var exchange: HTTPExchange?
    private var isFlushRequested = false
    private var isWriteBlocked = false
    private var isReadingAgain = false
    private var closesWhenFlushed = false
    private var peerHasEnded = false
    private var timer: ScheduledTimer?
    /// Runs while the peer does not take what is queued.
    private var writeTimer: ScheduledTimer?
    /// When the phase that has a deadline began: a request's first byte, its body, the idle time, the linger.
    private var phaseStart: Instant
    private var phaseBytes = 0
    private var lastProgress: Instant

    init(channel: consuming Channel, peerAddress: String, group: ConnectionGroup) {
        self.channel = consume channel
        self.peerAddress = peerAddress
        self.group = group
        state = .http(HTTPRequestDecoder(limits: group.configuration.http))
        phaseStart = group.loop.time.now
        lastProgress = phaseStart
    }

    /// False when the loop cannot watch the socket; it is closed then.
    func open() -> Bool {
        guard let descriptor = channel.descriptor else { return false }
        do {
            registration = try loop.register(descriptor, for: .readable, self)
        } catch {
            channel = nil
            state = .closed
            return false
        }
        schedule(after: group.configuration.headTimeout)
        return true
    }

    package var isOpen: Bool { if case .closed = state { false } else { true } }
    /// Bytes that the peer has not taken yet.
    package var unsentBytes: Int { output.byteCount }
    /// The WebSocket that this connection became.
    package var webSocket: WebSocketPeer? { if case .webSocket(let peer) = state { peer } else { nil } }
    /// True between requests.
    package var isIdleHTTP: Bool {
        if case .http(let decoder) = state { exchange == nil && decoder.bufferedBytes == 0 } else { false }
    }

    // MARK: Reading

    package func becomeReady(_ readiness: Readiness) {
        // TLS may wait to write before it can read, and the other way round.
        let isCrossed = channel.receiveAwaits != .readable || channel.sendAwaits != .writable
        if readiness.contains(.writable) || isCrossed { flush() }
        if readiness.contains(.readable) || readiness.contains(.closed) || isCrossed { read() }
    }

    private func read() {
        let buffer = loop.readBuffer
        let awaited = channel.receiveAwaits
        guard let result = channel.receive(into: buffer) else { return }
        switch result {
        case .moved(let count): received(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        case .wouldBlock: break
        case .ended: ended()
        case .failed: if channel.isViolated { dropViolator() } else { close() }
        }
        if channel.hasUnread { readAgain() }
        if channel.receiveAwaits != awaited { setInterest() }
    }

    /// Bytes that have left the kernel already, and are wanted, are read in the next turn.
    private func readAgain() {
        guard !isReadingAgain, !peerHasEnded, wantsToRead else { return }
        isReadingAgain = true
        loop.afterwards { [self] in
            isReadingAgain = false
            if wantsToRead { read() }
        }
    }

    /// The peer broke TLS. It was told by an alert, which a close with unread bytes would take back.
    private func dropViolator() {
        group.observer.violated("tls")
        output.removeAll()
        closesWhenFlushed = true
        let open = exchange
        exchange = nil
        open?.connectionClosed()
        linger()
    }

    private func received(_ bytes: UnsafeMutableRawBufferPointer) {
        switch state {
        case .http(var decoder):
            // The copy in `state` is dropped first, so that the decoder's buffer has one owner.
            state = .lingering
            decoder.append(UnsafeRawBufferPointer(bytes).bytes)
            phaseBytes += bytes.count
            if exchange == nil, phaseBytes == bytes.count { phaseStart = loop.time.now }
            state = .http(decoder)
            advance()
            // What waits behind an open request has a bound; beyond it the socket is left alone.
            if exchange != nil { setInterest() }
        case .webSocket(let peer): peer.received(bytes)
        case .lingering, .closed: break
        }
    }

    private func ended() {
        peerHasEnded = true
        switch state {
        case .http:
            // A half-closed client still waits for the answers to all that it sent.
            advance()
            setInterest()
        case .webSocket(let peer): peer.transportEnded()
        case .lingering: close()
        case .closed: break
        }
    }

    // MARK: HTTP

    /// Takes the next request, if it is whole and none is being answered.
    private func advance() {
        guard exchange == nil, !closesWhenFlushed, case .http(var decoder) = state else { return }
        state = .lingering
        let result: Result<HTTPRequest?, HTTPViolation>
        do { result = .success(try decoder.next()) } catch { result = .failure(error) }
        state = .http(decoder)
        switch result {
        case .success(let request?): receive(request)
        case .success(nil): awaitMore(decoder)
        case .failure(let violation):
            group.observer.violated("http")
            refuse(HTTPResponse(violation))
        }
    }

    private func receive(_ request: HTTPRequest) {
        phaseBytes = 0
        timer?.cancel()
        timer = nil
        let exchange = HTTPExchange(request: request, connection: self)
        self.exchange = exchange
        group.receive(exchange)
        setInterest()
    }

    private func awaitMore(_ decoder: HTTPRequestDecoder) {
        if decoder.awaitsContinue {
            var told = decoder
            told.clearAwaitedContinue()
            state = .http(told)
            write(HTTPResponseEncoder.continueResponse)
        }
        if peerHasEnded { return closeWhenFlushed() }
        switch decoder.phase {
        case .idle: schedule(after: group.configuration.keepAliveTimeout)
        case .head: schedule(at: phaseStart.advanced(by: group.configuration.headTimeout))
        case .body(let received): schedule(after: bodyAllowance(received))
        }
    }

    /// Time until the body must have made more progress: the grace, then bytes at the least rate.
    private func bodyAllowance(_ received: Int) -> Duration {
        let configuration = group.configuration
        let allowed =
            configuration.bodyGrace
            + .milliseconds(
                Int64(received) * 1000 / Int64(max(1, configuration.minBodyBytesPerSecond)))
        return phaseStart.advanced(by: allowed).since(loop.time.now)
    }

    /// The exchange's answer is written whole (`closes`: nothing may follow).
    func exchangeEnded(closes: Bool) {
        guard let exchange else { return }
        self.exchange = nil
        exchange.detach()
        if closes { return closeWhenFlushed() }
        phaseStart = loop.time.now
        phaseBytes = bufferedBytes
        setInterest()
        // Not from inside the receiver's call: pipelined requests must not deepen the stack.
        loop.afterwards { [self] in advance() }
    }

    private var bufferedBytes: Int { if case .http(let decoder) = state { decoder.bufferedBytes } else { 0 } }

    private func refuse(_ response: HTTPResponse) {
        var encoder = HTTPResponseEncoder(refusingAt: HTTPDate.format(loop.time.wallClock))
        write(encoder.whole(response))
        closeWhenFlushed()
    }

    /// Becomes a WebSocket. The bytes behind the request are frames already.
    func upgrade(response: [UInt8], receiver: any WebSocketReceiver) -> WebSocketPeer? {
        guard case .http(var decoder) = state else { return nil }
        let peer = WebSocketPeer(connection: self, configuration: group.configuration, receiver: receiver)
        let remainder = decoder.takeRemainder()
        exchange?.detach()
        exchange = nil
        timer?.cancel()
        timer = nil
        state = .webSocket(peer)
        write(response)
        peer.start()
        setInterest()
        if !remainder.isEmpty {
            loop.afterwards { [self] in
                guard case .webSocket = state else { return }
                var frames = remainder
                frames.withUnsafeMutableBytes { peer.received($0) }
            }
        }
        return peer
    }

    // MARK: Writing

    /// Queues bytes; they leave at the end of this turn.
    package func write(_ bytes: [UInt8]) {
        loop.preconditionOnLoop()
        guard isOpen, !closesWhenFlushed else { return }
        if output.isEmpty { lastProgress = loop.time.now }
        let waiting = output.byteCount
        output.append(bytes)
        // One answer may be large; a peer that leaves so much unread behind it is not reading.
        if waiting > 0, output.byteCount > group.configuration.maxOutputBytes {
            group.observer.violated("slow")
            return loop.afterwards { [self] in abort() }
        }
        requestFlush()
    }

    private func requestFlush() {
        guard !isFlushRequested, !isWriteBlocked, isOpen else { return }
        isFlushRequested = true
        loop.atTurnEnd(self)
    }

    package func turnEnded() {
        isFlushRequested = false
        flush()
    }

    private func flush() {
        let before = output.byteCount
        guard let result = channel.flush(&output) else { return }
        if output.byteCount < before { lastProgress = loop.time.now }
        switch result {
        case .moved:
            isWriteBlocked = false
            setInterest()
            if closesWhenFlushed { linger() } else { drained(before) }
        case .wouldBlock:
            isWriteBlocked = true
            setInterest()
            watchWrites()
            if before != output.byteCount { drained(before) }
        case .failed, .ended: close()
        }
    }

    private func drained(_ before: Int) {
        guard before > 0 else { return }
        switch state {
        case .http: exchange?.outputDrained()
        case .webSocket(let peer): peer.outputDrained()
        case .lingering, .closed: break
        }
    }

    /// A peer that takes nothing for too long is dropped. An open WebSocket has its own way of dealing with slow readers.
    private func watchWrites() {
        guard writeTimer == nil else { return }
        let idle = loop.time.now.since(lastProgress)
        let timeout = group.configuration.writeTimeout
        writeTimer = loop.schedule(after: idle < timeout ? timeout - idle : timeout) { [weak self] in
            self?.checkWrites()
        }
    }

    private func checkWrites() {
        writeTimer = nil
        guard isWriteBlocked, !output.isEmpty else { return }
        let isStuck = loop.time.now.since(lastProgress) >= group.configuration.writeTimeout
        guard isStuck, webSocket == nil || closesWhenFlushed else { return watchWrites() }
        close()
    }

    private func setInterest() {
        guard let registration else { return }
        var interest: Readiness = []
        if isWriteBlocked { interest.insert(channel.sendAwaits) }
        if !peerHasEnded, wantsToRead { interest.insert(channel.receiveAwaits) }
        loop.change(registration, to: interest)
        if channel.hasUnread { readAgain() }
    }

    private var wantsToRead: Bool {
        guard case .http(let decoder) = state else { return true }
        return exchange == nil || decoder.bufferedBytes < group.configuration.maxPipelinedBytes
    }

    // MARK: Time

    private func schedule(after delay: Duration) { schedule(at: loop.time.now.advanced(by: delay)) }

    private func schedule(at deadline: Instant) {
        timer?.cancel()
        timer = loop.schedule(after: deadline.since(loop.time.now)) { [weak self] in self?.deadlinePassed() }
    }

    private func deadlinePassed() {
        timer = nil
        switch state {
        case .http(let decoder):
            guard exchange == nil else { return }
            switch decoder.phase {
            // A large answer may take longer than the pause between two requests.
            case .idle: if output.isEmpty { close() } else { schedule(after: group.configuration.keepAliveTimeout) }
            case .head: refuse(.timedOut)
            case .body(let received):
                let rest = bodyAllowance(received)
                if rest > .zero { schedule(after: rest) } else { refuse(.timedOut) }
            }
        case .webSocket, .closed: break
        case .lingering: close()
        }
    }

    // MARK: Ending

    /// Sends what is queued, then ends the connection so that the peer sees it all.
    package func closeWhenFlushed() {
        guard isOpen else { return }
        closesWhenFlushed = true
        requestFlush()
    }

    private func linger() {
        if peerHasEnded { return close() }
        if case .webSocket(let peer) = state { peer.detach() }
        // The last word may have to wait for room in the kernel; the time for it does not begin anew then.
        isWriteBlocked = channel.shutdownWrite() == .wouldBlock
        if case .lingering = state { return setInterest() }
        state = .lingering
        schedule(after: group.configuration.lingerTimeout)
        setInterest()
    }

    /// Ends the connection now; unsent bytes are dropped.
    package func close() {
        guard isOpen else { return }
        let ended = state
        state = .closed
        timer?.cancel()
        timer = nil
        writeTimer?.cancel()
        writeTimer = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        if output.isEmpty { channel.sayGoodbye() }
        channel = nil
        output.removeAll()
        let open = exchange
        exchange = nil
        open?.connectionClosed()
        if case .webSocket(let peer) = ended { peer.connectionClosed() }
        group.release(self)
    }

    /// Like `close`, with a reset: the peer learns at once.
    package func abort() {
        channel.resetOnClose()
        close()
    }
}

extension HTTPResponse {
    /// The last answer to a peer that broke the protocol.
    fileprivate init(_ violation: HTTPViolation) { self.init(violation.status, detail: violation.detail) }

    fileprivate static var timedOut: HTTPResponse {
        HTTPResponse(.requestTimeout, detail: "The request did not come in time.")
    }

    /// A problem document (RFC 9457); `detail` is one of our own sentences.
    private init(_ status: HTTPStatus, detail: String) {
        let body = #"{"type":"about:blank","title":"\#(status.reason)","status":\#(status.code),"detail":"\#(detail)"}"#
        self.init(
            status: status, headers: ["Content-Type": "application/problem+json", "Cache-Control": "no-store"],
            body: Array(body.utf8))
    }
}

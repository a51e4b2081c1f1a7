internal import CCurl
internal import Primitives
internal import Reactor

/// libcurl's multi handle bound to an event loop: its sockets are registered there, its timer is the loop's.
/// Confined to the loop.
///
/// Lifetime: libcurl holds an unretained pointer to this object, and this object owns the multi handle, so no callback can
/// outlive it.
final class CurlMulti {
    let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    private var watches: [curl_socket_t: SocketWatch] = [:]
    private var timer: ScheduledTimer?
    /// Easy handles whose socket could not be registered; whoever obeys `actionEnded` fails them.
    private(set) var unwatched: [UnsafeMutableRawPointer] = []
    /// Called after libcurl did something, outside all of its callbacks, where it may be called again.
    var actionEnded: () -> Void = {}

    init(loop: EventLoop, configuration: HTTPClient.Configuration) throws(HTTPClientFailure) {
        guard CurlLibrary.isSuitable else { throw .unsuitableLibrary }
        guard let multi = curl_multi_init() else { throw .outOfMemory }
        self.loop = loop
        self.multi = multi
        let context = Unmanaged.passUnretained(self).toOpaque()
        sala_multi_set_socket_callback(
            multi,
            { easy, socket, what, context, mark in
                guard let context else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(
                    socket, what, easy, isNew: mark == nil)
                return 0
            }, context)
        sala_multi_set_timer_callback(
            multi,
            { _, milliseconds, context in
                guard let context else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
                return 0
            }, context)
        sala_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        sala_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost)
        sala_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maxConnections)
        sala_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxConnections)
    }

    /// The owner removes every easy handle before.
    deinit {
        detach()
        curl_multi_cleanup(multi)
    }

    /// Stops watching sockets; on the loop, once all easy handles are removed.
    func close() {
        for socket in Array(watches.keys) { unwatch(socket) }
        detach()
    }

    /// Cuts the ties to the loop, so that what is left can be torn down on any thread.
    func detach() {
        sala_multi_set_socket_callback(multi, nil, nil)
        sala_multi_set_timer_callback(multi, nil, nil)
        timer?.cancel()
        actionEnded = {}
    }

    func add(_ easy: UnsafeMutableRawPointer) -> Bool { curl_multi_add_handle(multi, easy) == CURLM_OK }

    /// Ends the easy handle's transfer: its HTTP/1.1 connection closes, its HTTP/2 stream is reset. Never inside a callback.
    func remove(_ easy: UnsafeMutableRawPointer) { curl_multi_remove_handle(multi, easy) }

    func nextDone() -> (easy: UnsafeMutableRawPointer, result: CURLcode)? {
        var result = CURLE_OK
        guard let easy = sala_multi_next_done(multi, &result) else { return nil }
        return (easy, result)
    }

    func takeUnwatched() -> [UnsafeMutableRawPointer] {
        defer { unwatched.removeAll() }
        return unwatched
    }

    fileprivate func act(_ socket: curl_socket_t, _ mask: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, mask, &running)
        actionEnded()
    }

    private func setTimer(_ milliseconds: Int) {
        timer?.cancel()
        timer = nil
        guard milliseconds >= 0 else { return }
        // When it comes early, libcurl just asks for it again.
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [weak self] in
            self?.act(curl_socket_t(CURL_SOCKET_BAD), 0)
        }
    }

    /// `isNew`: libcurl has not shown this socket before, so a watch of the same number belongs to one that is closed.
    private func watch(_ socket: curl_socket_t, _ what: Int32, _ easy: UnsafeMutableRawPointer?, isNew: Bool) {
        let interest: Readiness
        switch what {
        case CURL_POLL_IN: interest = .readable
        case CURL_POLL_OUT: interest = .writable
        case CURL_POLL_INOUT: interest = [.readable, .writable]
        default: return unwatch(socket)
        }
        if isNew { unwatch(socket) }
        if let registration = watches[socket]?.registration { return loop.change(registration, to: interest) }
        let watch = SocketWatch(socket: socket, multi: self)
        do {
            watch.registration = try loop.register(socket, for: interest, watch)
            watches[socket] = watch
            curl_multi_assign(multi, socket, Unmanaged.passUnretained(self).toOpaque())
        } catch {
            if let easy { unwatched.append(easy) }
        }
    }

    private func unwatch(_ socket: curl_socket_t) {
        guard let registration = watches.removeValue(forKey: socket)?.registration else { return }
        loop.deregister(registration)
    }
}

/// Tells libcurl that one of its sockets became ready.
private final class SocketWatch: Pollable {
    private let socket: curl_socket_t
    private weak var multi: CurlMulti?
    /// Set as soon as the loop gave it out.
    var registration: Registration?

    init(socket: curl_socket_t, multi: CurlMulti) {
        self.socket = socket
        self.multi = multi
    }

    func becomeReady(_ readiness: Readiness) {
        var mask: Int32 = 0
        if readiness.contains(.readable) { mask |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { mask |= CURL_CSELECT_OUT }
        // Closed and nothing else: 0 makes libcurl look for itself.
        multi?.act(socket, mask)
    }
}

/// The linked libcurl as a whole.
enum CurlLibrary {
    /// Set up once a process; `static let` makes the first of several threads do it.
    static let isSuitable: Bool =
        sala_curl_global_init() == CURLE_OK && sala_curl_resolves_asynchronously() != 0
        && sala_curl_is_thread_safe() != 0
}

internal import CCurl
internal import Primitives

/// One libcurl easy handle. Owned by the client: made, lent to a transfer, and freed or kept for the next.
struct EasyHandle {
    let pointer: UnsafeMutableRawPointer

    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
    }

    func free() { curl_easy_cleanup(pointer) }

    /// Forgets the last transfer's options (connections, names and TLS sessions are the multi handle's).
    func reset() { curl_easy_reset(pointer) }

    /// Sets everything for `request`; `context` is passed to the transfer's callbacks. False when libcurl refuses it.
    func prepare(
        _ request: HTTPClientRequest, _ headers: HeaderList, _ configuration: HTTPClient.Configuration,
        context: UnsafeMutableRawPointer
    ) -> Bool {
        var options = Options(easy: pointer)
        setSafety(&options, configuration)
        setConnection(&options, request, configuration)
        setRequest(&options, request)
        if request.admits != nil { setAdmission(&options, context: context) }
        options.check(sala_easy_set_headers(pointer, headers.first))
        options.check(sala_easy_set_header_callback(pointer, HTTPTransfer.receiveHeaderLine, context))
        options.check(sala_easy_set_write_callback(pointer, HTTPTransfer.receiveBody, context))
        options.check(sala_easy_set_request_callback(pointer, HTTPTransfer.connectionReady, context))
        return options.areAccepted
    }

    private func setSafety(_ options: inout Options, _ configuration: HTTPClient.Configuration) {
        options.set(CURLOPT_NOSIGNAL, 1)
        // Without it a transfer that is cancelled while its name resolves would block the loop on the resolver's thread.
        options.set(CURLOPT_QUICK_EXIT, 1)
        options.set(CURLOPT_PROTOCOLS_STR, "http,https")
        options.set(CURLOPT_FOLLOWLOCATION, 0)
        options.set(CURLOPT_NETRC, 0)
        options.set(CURLOPT_SSL_VERIFYPEER, 1)
        options.set(CURLOPT_SSL_VERIFYHOST, 2)
        options.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let path = configuration.authoritiesPath {
            options.set(CURLOPT_CAINFO, path)
            options.set(CURLOPT_CAPATH, nil)
        }
        // The empty string switches off what the environment says.
        options.set(CURLOPT_PROXY, configuration.proxy ?? "")
    }

    /// Every socket is then opened by the transfer, which asks about its address.
    private func setAdmission(_ options: inout Options, context: UnsafeMutableRawPointer) {
        options.set(CURLOPT_FRESH_CONNECT, 1)
        options.set(CURLOPT_FORBID_REUSE, 1)
        options.set(CURLOPT_PIPEWAIT, 0)
        options.set(CURLOPT_PROXY, "")
        options.check(sala_easy_set_open_socket_callback(pointer, HTTPTransfer.openSocket, context))
    }

    private func setConnection(
        _ options: inout Options, _ request: HTTPClientRequest, _ configuration: HTTPClient.Configuration
    ) {
        options.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // A burst to an HTTP/2 host shares the first connection instead of making one handshake each.
        options.set(CURLOPT_PIPEWAIT, request.url.hasPrefix("https:") && !request.needsFreshConnection ? 1 : 0)
        options.set(CURLOPT_FRESH_CONNECT, request.needsFreshConnection ? 1 : 0)
        options.set(CURLOPT_MAXAGE_CONN, Int(configuration.maxIdleConnectionAge.components.seconds))
        options.set(CURLOPT_TCP_KEEPALIVE, 1)
        options.set(CURLOPT_TCP_KEEPIDLE, 15)
        options.set(CURLOPT_TCP_KEEPINTVL, 5)
        options.check(
            sala_easy_set_unacknowledged_limit(
                pointer, UInt32(clamping: configuration.maxUnacknowledged.wholeMillisecondsRoundedUp)))
        // Ours ends it too; libcurl needs the figure to share the time out between several addresses of the host.
        options.set(CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, request.timeouts.connect.wholeMillisecondsRoundedUp)))
    }

    private func setRequest(_ options: inout Options, _ request: HTTPClientRequest) {
        options.set(CURLOPT_URL, request.url)
        options.set(CURLOPT_USERAGENT, nil)
        switch request.method {
        case .get where request.body.isEmpty: options.set(CURLOPT_HTTPGET, 1)
        case .head: options.set(CURLOPT_NOBODY, 1)
        case .get, .post, .put, .patch, .delete:
            options.set(CURLOPT_POST, 1)
            options.check(sala_easy_set_large(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            // Copied by libcurl during the call.
            options.check(
                request.body.withUnsafeBytes { bytes in
                    sala_easy_set_bytes(pointer, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(pointer))
                })
            options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }
}

/// Sets options and remembers whether one was refused.
private struct Options {
    let easy: UnsafeMutableRawPointer
    private(set) var areAccepted = true

    init(easy: UnsafeMutableRawPointer) { self.easy = easy }

    mutating func check(_ code: CURLcode) { if code != CURLE_OK { areAccepted = false } }
    mutating func set(_ option: CURLoption, _ value: Int) { check(sala_easy_set_long(easy, option, value)) }
    mutating func set(_ option: CURLoption, _ value: String?) { check(sala_easy_set_string(easy, option, value)) }
}

extension TransportFailure {
    /// What libcurl's result means. `connected`: the request could be written.
    init(_ code: CURLcode, connected: Bool) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: self = .unreachable
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            self = .tlsFailure
        case CURLE_OPERATION_TIMEDOUT: self = .timeout(connected ? .total : .connect)
        case CURLE_URL_MALFORMAT: self = .invalidRequest
        // Also "HTTP/0.9 when not allowed": an answer without a status line.
        case CURLE_UNSUPPORTED_PROTOCOL: self = connected ? .protocolViolation : .invalidRequest
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: self = .protocolViolation
        case CURLE_OUT_OF_MEMORY: self = .overloaded
        default: self = connected ? .cutOff : .unreachable
        }
    }
}

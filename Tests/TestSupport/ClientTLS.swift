import COpenSSL
import Glibc
package import Primitives

/// The client's side of TLS between bytes and bytes: OpenSSL over memory, so that a test decides when which byte travels.
package final class ClientTLS {
    /// What a client offers and trusts.
    package struct Offer {
        package var minVersion = TLS1_2_VERSION
        package var maxVersion = TLS1_3_VERSION
        /// In OpenSSL's words, for TLS 1.2 and older. Everything that it can still do, unless a test says otherwise.
        package var ciphers = "ALL:@SECLEVEL=0"
        package var protocols: [String] = []
        package var host = "localhost"
        /// PEM of the authority that is trusted; without one the server's certificate is not looked at.
        package var authority: [UInt8]?
        package var time = Timestamp(seconds: 0)
        package var session: Session?

        package init() {}
    }

    /// What a later connection resumes.
    package final class Session {
        fileprivate let pointer: OpaquePointer
        fileprivate init(_ pointer: OpaquePointer) { self.pointer = pointer }
        deinit { SSL_SESSION_free(pointer) }
        /// How long the server says that its ticket is good.
        package var ticketLifetimeSeconds: UInt { SSL_SESSION_get_ticket_lifetime_hint(pointer) }
    }

    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    /// Plain bytes that wait for the handshake.
    private var early: [UInt8] = []
    /// Why the client or the server gave up, in OpenSSL's words.
    package private(set) var failure: String?
    package private(set) var isCloseNotified = false

    package init(_ offer: Offer = Offer()) {
        context = SSL_CTX_new(TLS_client_method())
        // The client offers what the server is to refuse.
        SSL_CTX_set_security_level(context, 0)
        _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(offer.minVersion), nil)
        _ = SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(offer.maxVersion), nil)
        precondition(SSL_CTX_set_cipher_list(context, offer.ciphers) == 1, "a list that OpenSSL knows")
        if let authority = offer.authority { Self.trust(authority, context) }
        ssl = SSL_new(context)
        input = BIO_new(BIO_s_mem())
        output = BIO_new(BIO_s_mem())
        SSL_set_bio(ssl, input, output)
        if offer.authority != nil {
            SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
            X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), Int(offer.time.seconds))
            if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), offer.host) != 1 { SSL_set1_host(ssl, offer.host) }
        }
        if !offer.protocols.isEmpty {
            let list = offer.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            SSL_set_alpn_protos(ssl, list, UInt32(list.count))
        }
        if let session = offer.session { SSL_set_session(ssl, session.pointer) }
        SSL_set_connect_state(ssl)
        advance()
    }

    deinit {
        // Else OpenSSL takes the session for broken, and does not resume it.
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN)
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    private static func trust(_ authority: [UInt8], _ context: OpaquePointer) {
        let source = BIO_new_mem_buf(authority, Int32(authority.count))
        defer { BIO_free(source) }
        let certificate = PEM_read_bio_X509(source, nil, nil, nil)
        defer { X509_free(certificate) }
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate)
    }

    // MARK: The handshake

    package var isComplete: Bool { SSL_is_init_finished(ssl) == 1 && failure == nil }
    package var isOver: Bool { failure != nil }
    package var version: String { String(cString: SSL_get_version(ssl)) }
    package var cipher: String { String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))) }
    package var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    package var chosenProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &count)
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self) }
    }

    /// The serial number of the certificate that the server showed.
    package var serial: [UInt8] {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return [] }
        let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil)
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
        BN_bn2bin(number, &bytes)
        return bytes
    }

    /// The session as it is now; with TLS 1.3 a ticket comes with the first bytes that are read after the handshake.
    package var session: Session? { SSL_get1_session(ssl).map(Session.init) }

    private func advance() {
        guard failure == nil, SSL_is_init_finished(ssl) != 1 else { return }
        ERR_clear_error()
        note(SSL_do_handshake(ssl))
        if isComplete, !early.isEmpty {
            let bytes = early
            early = []
            write(bytes)
        }
    }

    private func note(_ status: Int32) {
        guard status <= 0 else { return }
        switch SSL_get_error(ssl, status) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: isCloseNotified = true
        default:
            let reason = ERR_reason_error_string(ERR_peek_error())
            failure = reason.map { String(cString: $0) } ?? "unknown"
        }
    }

    // MARK: Bytes

    /// Plain bytes to the server; those before the end of the handshake wait for it.
    package func write(_ bytes: [UInt8]) {
        guard isComplete else {
            early += bytes
            return
        }
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        note(SSL_write(ssl, bytes, Int32(bytes.count)))
    }

    /// What is to be sent.
    package func takeOutput() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
        if !bytes.isEmpty { BIO_read(output, &bytes, Int32(bytes.count)) }
        return bytes
    }

    /// What came; returns the plain bytes in it.
    package func receive(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        if !bytes.isEmpty { BIO_write(input, bytes.baseAddress, Int32(bytes.count)) }
        advance()
        var plain: [UInt8] = []
        guard isComplete else { return plain }
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            ERR_clear_error()
            let count = SSL_read(ssl, &buffer, Int32(buffer.count))
            guard count > 0 else {
                note(count)
                return plain
            }
            plain += buffer[..<Int(count)]
        }
    }

    package func closeNotify() {
        ERR_clear_error()
        SSL_shutdown(ssl)
    }

    /// Asks to negotiate anew (TLS 1.2); what comes of it shows in `failure`.
    package func renegotiate() {
        ERR_clear_error()
        SSL_renegotiate(ssl)
        note(SSL_do_handshake(ssl))
    }

    /// Changes the keys (TLS 1.3, RFC 8446 §4.6.3), and has the server change its own.
    package func updateKeys() {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
        SSL_do_handshake(ssl)
    }
}

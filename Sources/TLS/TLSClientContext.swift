internal import COpenSSL
internal import Glibc

/// What clients of a server trust, and the rules of their connections: those of `TLSContext`. The server's certificate must be
/// signed by an authority that is trusted and name the host (RFC 9525).
///
/// `@unchecked Sendable`: an `SSL_CTX` that is not changed any more may make connections on any thread.
package final class TLSClientContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter authorities: a PEM file with the certificates of the authorities that are trusted; nil: the system's
    ///   (`SSL_CERT_FILE` and `SSL_CERT_DIR` say otherwise, as everywhere with OpenSSL).
    package init(authorities: String? = nil) throws(TLSFailure) {
        signal(SIGPIPE, SIG_IGN)
        OpenSSLErrors.clear()
        defer { OpenSSLErrors.clear() }
        guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw .refused(reason: OpenSSLErrors.newestText) }
        self.pointer = pointer
        try TLSContext.setRules(of: pointer)
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        // ALPN (RFC 7301): a name with its length before it.
        let name: [UInt8] = [8] + "http/1.1".utf8
        guard SSL_CTX_set_alpn_protos(pointer, name, UInt32(name.count)) == 0 else {
            throw .refused(reason: OpenSSLErrors.newestText)
        }
        guard let file = authorities else {
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw .refused(reason: OpenSSLErrors.newestText)
            }
            return
        }
        guard access(file, R_OK) == 0 else { throw .unreadable("\(file): \(String(cString: strerror(errno)))") }
        guard SSL_CTX_load_verify_file(pointer, file) == 1 else { throw .noCertificate(file: file) }
    }

    deinit { SSL_CTX_free(pointer) }

    /// Makes the connection ask for `host` and demand its certificate. A numeric address is demanded as such and not asked for
    /// (RFC 6066 §3). False when memory is short.
    func setName(_ host: String, of connection: OpaquePointer) -> Bool {
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host) == 1 { return true }
        OpenSSLErrors.clear()
        SSL_set_hostflags(connection, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        let isAsked = host.withCString {
            SSL_ctrl(
                connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                UnsafeMutableRawPointer(mutating: $0))
        }
        return isAsked == 1 && SSL_set1_host(connection, host) == 1
    }
}

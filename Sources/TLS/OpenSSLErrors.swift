internal import COpenSSL

/// The errors that OpenSSL leaves on the calling thread. Each operation clears them first, so that what it finds is its own.
enum OpenSSLErrors {
    static func clear() { ERR_clear_error() }

    /// The number of the newest error's reason within its library; 0 when there is none.
    static var newestReason: Int32 { ERR_GET_REASON(ERR_peek_last_error()) }

    /// The newest error's reason in OpenSSL's words, such as `ee key too small`. It quotes no data.
    static var newestText: String { text(ERR_peek_last_error()) }

    static func text(_ code: UInt) -> String {
        guard let reason = ERR_reason_error_string(code) else { return "unknown reason" }
        return String(cString: reason)
    }
}

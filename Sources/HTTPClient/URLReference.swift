internal import CCurl

/// URLs as libcurl reads them: what is checked here is what is fetched there.
package enum URLReference {
    /// The absolute form of `reference`, relative to `base` if there is one (RFC 3986 §5); nil unless it is http or https, and
    /// when it holds a user or a password.
    package static func absolute(_ reference: String, base: String? = nil) -> String? {
        guard !reference.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }), let url = curl_url() else { return nil }
        defer { curl_url_cleanup(url) }
        if let base {
            guard curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK else { return nil }
        }
        guard curl_url_set(url, CURLUPART_URL, reference, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK,
            let scheme = part(CURLUPART_SCHEME, of: url), scheme == "http" || scheme == "https",
            let host = part(CURLUPART_HOST, of: url), !host.isEmpty, part(CURLUPART_USER, of: url) == nil,
            part(CURLUPART_PASSWORD, of: url) == nil
        else { return nil }
        return part(CURLUPART_URL, of: url)
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(validatingCString: text)
    }
}

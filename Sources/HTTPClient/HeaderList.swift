internal import CCurl

/// The request's header lines in libcurl's form. libcurl reads it during the whole transfer; the transfer owns it.
final class HeaderList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    /// Nil when a name or value would break out of its line, or memory ran out.
    init?(_ headers: [(name: String, value: String)]) {
        for (name, value) in headers {
            guard Self.isToken(name), !value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
                return nil
            }
            // libcurl takes "Name:" as "leave it out" and "Name;" as an empty value.
            guard append(value.isEmpty ? "\(name);" : "\(name): \(value)") else { return nil }
        }
        // No waiting for "100 Continue" before a large body, and no form type on bodies that have none.
        guard append("Expect:") else { return nil }
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }), !append("Content-Type:") { return nil }
    }

    deinit { curl_slist_free_all(first) }

    private func append(_ line: String) -> Bool {
        guard let list = curl_slist_append(first, line) else { return false }
        first = list
        return true
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

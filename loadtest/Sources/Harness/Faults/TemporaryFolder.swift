internal import Glibc
internal import Reactor

/// Folders of our own, below `TMPDIR` or `/tmp` unless said otherwise.
enum TemporaryFolder {
    static var usualParent: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    /// Makes one; its absolute path. PostgreSQL's user can get there (0755), so that PostgreSQL's files lie inside and go with it.
    static func make(in parent: String) throws(LoadFailure) -> String {
        var template = Array((parent + "/sala-loadtest-XXXXXX").utf8CString)
        guard parent.hasPrefix("/"), mkdtemp(&template) != nil else {
            throw LoadFailure(.unavailable, "no folder can be made in \(parent): \(SystemError(errno))")
        }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard chmod(path, 0o755) == 0 else {
            removeEmpty(path)
            throw LoadFailure(.unavailable, "\(path): \(SystemError(errno))")
        }
        return path
    }

    static func removeEmpty(_ path: String) { rmdir(path) }
}

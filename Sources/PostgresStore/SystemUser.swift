internal import Glibc

/// A user of this machine.
struct SystemUser: Equatable {
    let name: String
    let user: uid_t
    let group: gid_t

    static var isRoot: Bool { geteuid() == 0 }

    /// Whom PostgreSQL runs as: nil for ourselves; when we are root, which it refuses, the user `postgres` of Debian's
    /// package, else `nobody`.
    static func forPostgres() throws(ClusterFailure) -> SystemUser? {
        guard isRoot else { return nil }
        if let user = find("postgres") ?? find("nobody") { return user }
        throw .noUser
    }

    static func find(_ name: String) -> SystemUser? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return SystemUser(name: name, user: entry.pw_uid, group: entry.pw_gid)
    }
}

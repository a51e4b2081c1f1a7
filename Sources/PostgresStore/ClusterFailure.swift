/// Why the private cluster is not there. Each says what to do about it.
package enum ClusterFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No initdb and postgres on this machine.
    case noBinaries
    /// The cluster was made by another major version, and that one is not installed.
    case otherVersion(cluster: String)
    /// No user to run as: PostgreSQL refuses to run as root.
    case noUser
    /// A file operation failed.
    case file(path: String, error: String)
    /// The cluster lies where its user cannot get to any more.
    case unreachable(path: String)
    /// A socket directory of that name belongs to somebody else.
    case foreignDirectory(path: String)
    /// initdb said no; its words are in the log.
    case initialization(log: String)
    /// postgres did not come up in time, or ended at once; its words are in the log.
    case start(log: String)
    /// It runs, but refuses us.
    case refused(sqlState: String)

    package var description: String {
        switch self {
        case .noBinaries: "no PostgreSQL server found: apt-get install postgresql"
        case .otherVersion(let cluster):
            "the data was made by PostgreSQL \(cluster), which is not installed: install it, or start over with --reset"
        case .noUser: "started as root, and there is neither a user postgres nor nobody to run PostgreSQL as"
        case .file(let path, let error): "\(path): \(error)"
        case .unreachable(let path):
            "the user postgres cannot get to \(path) any more: open the folders above it, or start over with --reset"
        case .foreignDirectory(let path): "\(path) belongs to somebody else"
        case .initialization(let log): "initdb failed, see \(log)"
        case .start(let log): "PostgreSQL did not start, see \(log)"
        case .refused(let sqlState): "PostgreSQL refuses us (SQLSTATE \(sqlState))"
        }
    }
}

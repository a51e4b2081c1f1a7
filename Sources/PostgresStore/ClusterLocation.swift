internal import Glibc

/// Where the private cluster's files lie, and whom they belong to.
///
/// They lie in `postgres` below the data directory. PostgreSQL does not run as root, so when we do, it runs as another
/// user, who may not be able to get there: a checkout below `/root` (mode 0700) is the usual case. Then they lie in
/// `/var/lib/sala-dev/<hash of the data directory>`, and a note in the data directory says so. Who removes the data
/// directory means to remove the data, too: without the note what is found there is discarded.
struct ClusterLocation: Equatable {
    /// 0700, the user's own; holds everything below.
    let base: String
    /// Nil: ourselves.
    let user: SystemUser?
    /// 0700, the user's own; the server's only way in.
    let socketDirectory: String

    /// PGDATA.
    var cluster: String { base + "/cluster" }
    /// A cluster that initdb is still at; it becomes `cluster` when it is whole.
    var unfinished: String { base + "/cluster.new" }
    var log: String { base + "/postgres.log" }
    var isInitialized: Bool { FileSystem.exists(cluster + "/PG_VERSION") }

    /// The major version that made the cluster; nil when there is none.
    var version: String? {
        FileSystem.read(cluster + "/PG_VERSION").map { String($0.prefix { !$0.isWhitespace }) }
    }

    /// Where the note about another place stands.
    private static func note(_ directory: String) -> String { directory + "/postgres.location" }

    /// - Parameter directory: absolute, without links; exists.
    static func choose(directory: String, runtimeDirectory: String) throws(ClusterFailure) -> ClusterLocation {
        let user = try SystemUser.forPostgres()
        let inside = inside(directory, user, runtimeDirectory)
        guard let user, !FileSystem.isTraversable(to: inside.base, by: user) else { return inside }
        if inside.isInitialized { throw .unreachable(path: inside.base) }
        return outside(directory, user, runtimeDirectory)
    }

    static func inside(_ directory: String, _ user: SystemUser?, _ runtimeDirectory: String) -> ClusterLocation {
        ClusterLocation(directory + "/postgres", user, runtimeDirectory)
    }

    static func outside(_ directory: String, _ user: SystemUser?, _ runtimeDirectory: String) -> ClusterLocation {
        ClusterLocation(elsewhereRoot + "/" + hash(directory), user, runtimeDirectory)
    }

    private static let elsewhereRoot = "/var/lib/sala-dev"

    private init(_ base: String, _ user: SystemUser?, _ runtimeDirectory: String) {
        self.base = base
        self.user = user
        // A Unix socket's address holds 107 bytes; a comma or quote would need escaping in the server's list.
        let inside = base + "/socket"
        let fits =
            inside.utf8.count + "/.s.PGSQL.5432.lock".utf8.count <= 100 && !inside.contains { ",\"".contains($0) }
        socketDirectory = fits ? inside : runtimeDirectory + "/sala-" + Self.hash(base)
    }

    /// True when the files lie outside the data directory and the data directory does not know of them.
    func isOrphaned(from directory: String) -> Bool {
        base.hasPrefix(Self.elsewhereRoot) && FileSystem.read(Self.note(directory)) != base + "\n"
            && FileSystem.exists(base)
    }

    /// Makes the directories.
    func prepare(for directory: String) throws(ClusterFailure) {
        if base.hasPrefix(Self.elsewhereRoot) {
            try FileSystem.makeDirectories(Self.elsewhereRoot, mode: 0o711)
            try FileSystem.makePrivateDirectory(base, owner: user)
            try FileSystem.write(Self.note(directory), base + "\n")
        } else {
            try FileSystem.makePrivateDirectory(base, owner: user)
        }
        try FileSystem.makePrivateDirectory(socketDirectory, owner: user)
    }

    func remove(from directory: String) throws(ClusterFailure) {
        try FileSystem.removeTree(base)
        try FileSystem.removeTree(socketDirectory)
        FileSystem.removeFile(Self.note(directory))
    }

    /// FNV-1a, in hexadecimal: names a folder after a path.
    private static func hash(_ path: String) -> String {
        let hash = path.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}

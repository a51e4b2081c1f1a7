/// The folder with a PostgreSQL server's programs.
struct PostgresBinaries: Equatable {
    let folder: String

    var initdb: String { folder + "/initdb" }
    var postgres: String { folder + "/postgres" }

    /// The newest server below Debian's folder, else the first on the search path.
    ///
    /// - Parameter version: the major version that an existing cluster asks for; nil takes any.
    static func find(version: String?, searchPath: [String]) throws(ClusterFailure) -> PostgresBinaries {
        let root = "/usr/lib/postgresql"
        let versions = FileSystem.names(in: root).compactMap { Int($0) }.sorted(by: >)
        let installed = versions.filter { version == nil || version == String($0) }.map { "\(root)/\($0)/bin" }
        for folder in installed + searchPath {
            let binaries = PostgresBinaries(folder: folder)
            if FileSystem.isExecutable(binaries.initdb), FileSystem.isExecutable(binaries.postgres) { return binaries }
        }
        if let version { throw .otherVersion(cluster: version) }
        throw .noBinaries
    }
}

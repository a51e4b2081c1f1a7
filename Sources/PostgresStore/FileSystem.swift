internal import Glibc

/// The few file operations that the private cluster needs; they block. Symbolic links are not followed into.
enum FileSystem {
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// The absolute path without links and dots; of a path that exists.
    static func resolve(_ path: String) throws(ClusterFailure) -> String {
        guard let resolved = realpath(path, nil) else { throw failure(path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Makes the directory, and those above it that are missing, as `mode` (umask applies to none of them).
    static func makeDirectories(_ path: String, mode: mode_t) throws(ClusterFailure) {
        if exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectories(String(path[..<slash]), mode: mode)
        }
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw failure(path) }
    }

    /// Makes a directory that only `owner` can enter. One that is there must be that already.
    static func makePrivateDirectory(_ path: String, owner: SystemUser?) throws(ClusterFailure) {
        if mkdir(path, 0o700) == 0 {
            if let owner, chown(path, owner.user, owner.group) != 0 { throw failure(path) }
            return
        }
        guard errno == EEXIST else { throw failure(path) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure(path) }
        let isOurs = status.st_mode & S_IFMT == S_IFDIR && status.st_uid == owner?.user ?? geteuid()
        guard isOurs, status.st_mode & 0o077 == 0 else { throw .foreignDirectory(path: path) }
    }

    /// The start of a small file; nil when it cannot be read.
    static func read(_ path: String, maxBytes: Int = 4096) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maxBytes)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    static func write(_ path: String, _ text: String) throws(ClusterFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw failure(path) }
    }

    /// Opens a log to append to; one over `maxBytes` begins anew. The caller closes the descriptor.
    static func openLog(_ path: String, maxBytes: Int) throws(ClusterFailure) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        if lseek(descriptor, 0, SEEK_END) > maxBytes { _ = ftruncate(descriptor, 0) }
        return descriptor
    }

    static func rename(_ from: String, to: String) throws(ClusterFailure) {
        guard Glibc.rename(from, to) == 0 else { throw failure(from) }
    }

    static func removeFile(_ path: String) { _ = unlink(path) }

    /// Removes the directory and all below it; nothing when it is not there. Unlinks links, does not follow them.
    static func removeTree(_ path: String) throws(ClusterFailure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            // Gone meanwhile is as good as removed: a server that is stopping removes files, too.
            guard unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
            return
        }
        for name in names(in: path) { try removeTree(path + "/" + name) }
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    /// Where a link points; nil when it is not one, or is not ours to read.
    static func link(_ path: String) -> String? {
        var characters = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &characters, characters.count)
        return count < 0 ? nil : String(decoding: characters.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The names in a directory; none when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// True when `user` may pass through every directory on the way to `path`.
    static func isTraversable(to path: String, by user: SystemUser) -> Bool {
        var directory = "/"
        for part in path.split(separator: "/").dropLast() {
            directory += (directory == "/" ? "" : "/") + part
            var status = stat()
            guard stat(directory, &status) == 0 else { return false }
            let needed: mode_t =
                if status.st_uid == user.user { 0o100 } else if status.st_gid == user.group { 0o010 } else { 0o001 }
            if status.st_mode & needed == 0 { return false }
        }
        return true
    }

    private static func failure(_ path: String) -> ClusterFailure {
        .file(path: path, error: String(cString: strerror(errno)))
    }
}

internal import Glibc

/// Small files, read and written whole.
enum FileSystem {
    struct Failure: Error {
        let path: String
        let number: Int32
        var message: String { "\(path): \(String(cString: strerror(number)))" }
    }

    /// At most `maxBytes`; a larger file fails with EFBIG.
    static func read(_ path: String, maxBytes: Int = 1 << 20) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path: path, number: errno) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw Failure(path: path, number: errno) }
            guard count > 0 else { return content }
            content += buffer[..<count]
            guard content.count <= maxBytes else { throw Failure(path: path, number: EFBIG) }
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces the file at once: a reader sees the old content or the new, never a part.
    static func write(_ content: [UInt8], to path: String, mode: mode_t) throws(Failure) {
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(path: path, number: errno) }
        var rest = content[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let number = errno
                close(descriptor)
                throw Failure(path: path, number: number)
            }
            rest = rest.dropFirst(count)
        }
        close(descriptor)
        guard rename(draft, path) == 0 else { throw Failure(path: path, number: errno) }
    }

    static func remove(_ path: String) { unlink(path) }

    static func makeDirectory(_ path: String, mode: mode_t) throws(Failure) {
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw Failure(path: path, number: errno) }
    }

    /// The path from the root, without links.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

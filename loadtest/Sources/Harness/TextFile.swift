internal import Glibc

/// Reading and writing small files.
enum TextFile {
    /// Bytes beyond which a file is not what we take it for.
    private static let maxBytes = 16 * 1024 * 1024

    /// The file's bytes; nil when it cannot be read. Works for /proc, whose files say they are empty.
    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= maxBytes {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return ferror(file) == 0 ? bytes : nil }
            bytes += buffer[..<count]
        }
        return nil
    }

    /// False when it cannot be written.
    static func write(_ bytes: [UInt8], to path: String) -> Bool {
        guard let file = fopen(path, "wb") else { return false }
        let written = fwrite(bytes, 1, bytes.count, file)
        return fclose(file) == 0 && written == bytes.count
    }
}

internal import Glibc

/// Where scenario files are found: a path is taken as a path, a bare name is one of ours.
struct ScenarioLibrary {
    /// Of the scenarios that come with this program.
    let folder: String?

    /// `loadtest/scenarios` here, or beside any folder above the executable (`.build/release`).
    init() {
        var places = ["."]
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        if length > 0 {
            var parts = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self).split(
                separator: "/")
            while parts.popLast() != nil { places.append("/" + parts.joined(separator: "/")) }
        }
        folder = places.map { "\($0)/loadtest/scenarios" }.first { access($0, R_OK | X_OK) == 0 }
    }

    /// The names of ours, sorted.
    var names: [String] {
        guard let folder, let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json") { names.append(String(name.dropLast(5))) }
        }
        return names.sorted()
    }

    /// Where `file` is, or ours of that name.
    func path(of file: String) -> String {
        Self.isPath(file) ? file : "\(folder ?? "loadtest/scenarios")/\(file).json"
    }

    private static func isPath(_ file: String) -> Bool { file.contains("/") || file.hasSuffix(".json") }

    /// The scenario in `file`, or ours of that name.
    func scenario(_ file: String) throws(LoadFailure) -> Scenario {
        let path = path(of: file)
        guard let bytes = TextFile.read(path) else {
            let known = names.joined(separator: ", ")
            throw LoadFailure(
                .usage,
                Self.isPath(file) ? "cannot read \(path)" : "there is no scenario \"\(file)\"; there are \(known)")
        }
        do throws(LoadFailure) { return try Scenario(bytes) } catch {
            throw LoadFailure(error.kind, "\(path): \(error.text)")
        }
    }
}

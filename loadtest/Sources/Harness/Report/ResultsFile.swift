internal import JSON

/// The results document on disk.
enum ResultsFile {
    static func read(_ path: String) throws(LoadFailure) -> RunResults {
        guard let bytes = TextFile.read(path) else { throw LoadFailure(.usage, "cannot read \(path)") }
        let value: JSONValue
        do { value = try JSONParser.parse(bytes) } catch {
            throw LoadFailure(.usage, "\(path): byte \(error.index) is no JSON (\(error.reason.rawValue))")
        }
        return try RunResults(reading: value, name: path)
    }

    static func write(_ results: RunResults, to path: String, isPart: Bool = false) throws(LoadFailure) {
        try write(results.json(isPart: isPart).bytes + [0x0A], to: path)
    }

    /// Any of a run's files.
    static func write(_ bytes: [UInt8], to path: String) throws(LoadFailure) {
        guard TextFile.write(bytes, to: path) else { throw LoadFailure(.usage, "cannot write \(path)") }
    }
}

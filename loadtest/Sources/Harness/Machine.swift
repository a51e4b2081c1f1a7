internal import Glibc
internal import JSON

/// Where a run was made: figures mean nothing without it.
struct Machine {
    let cores: Int
    let kernel: String
    let processor: String
    let memoryMiB: Int
    /// Before the run: what else this machine was doing, over 1, 5 and 15 minutes.
    let loadAverage: [Double]

    static var current: Machine {
        var name = utsname()
        uname(&name)
        let kernel = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        var averages = [Double](repeating: 0, count: 3)
        getloadavg(&averages, 3)
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        return Machine(
            cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)), kernel: "Linux \(kernel)", processor: processorName,
            memoryMiB: pages / 256, loadAverage: averages)
    }

    /// Resident memory of process `pid` in KiB; nil when there is no such process.
    static func residentKiB(pid: Int) -> Int? {
        guard let status = TextFile.read("/proc/\(pid)/status") else { return nil }
        return value(of: "VmRSS", in: status).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private static var processorName: String {
        TextFile.read("/proc/cpuinfo").flatMap { value(of: "model name", in: $0) } ?? "unknown"
    }

    /// The value of the first `key: value` line.
    private static func value(of key: String, in file: [UInt8]) -> String? {
        for line in String(decoding: file, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return String(line[line.index(after: colon)...].drop { $0.isWhitespace })
        }
        return nil
    }

    var json: JSONValue {
        [
            "cores": .integer(Int64(cores)), "kernel": .string(kernel), "processor": .string(processor),
            "memoryMiB": .integer(Int64(memoryMiB)), "loadAverage": .array(loadAverage.map(JSONValue.double)),
        ]
    }

    var description: String {
        let load = loadAverage.map { Table.number($0) }.joined(separator: " ")
        return "\(cores) cores (\(processor)), \(memoryMiB) MiB, \(kernel), load average before the run \(load)"
    }
}

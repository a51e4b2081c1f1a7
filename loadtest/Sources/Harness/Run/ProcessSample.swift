internal import Glibc

/// What a process has used up to now, from /proc (proc(5)).
struct ProcessSample {
    /// Processor time of all its threads, in seconds.
    let processorSeconds: Double
    let residentKiB: Int

    /// Nil when there is no such process.
    init?(pid: Int) {
        guard let stat = TextFile.read("/proc/\(pid)/stat"), let resident = Machine.residentKiB(pid: pid),
            let seconds = Self.processorSeconds(stat)
        else { return nil }
        processorSeconds = seconds
        residentKiB = resident
    }

    /// Fields 14 and 15, in clock ticks, counted from behind the name in parentheses, which may contain anything.
    static func processorSeconds(_ stat: [UInt8]) -> Double? {
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: stat[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }
}

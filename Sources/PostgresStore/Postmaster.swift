internal import Glibc

/// The server process of one cluster, as its `postmaster.pid` names it.
struct Postmaster: Equatable {
    let pid: Int32

    /// The running server of this cluster, ours or one that a killed run left; nil when there is none. A number that
    /// meanwhile belongs to another process does not count: the server's working directory is its cluster.
    static func running(_ location: ClusterLocation) -> Postmaster? {
        let file = location.cluster + "/postmaster.pid"
        guard let line = FileSystem.read(file)?.split(separator: "\n").first, let pid = Int32(line), pid > 1 else {
            return nil
        }
        let postmaster = Postmaster(pid: pid)
        guard postmaster.isAlive, FileSystem.link("/proc/\(pid)/cwd") == location.cluster else { return nil }
        return postmaster
    }

    /// False also for one that ended and that nobody has taken note of (a zombie); a child of ours is taken note of
    /// here.
    var isAlive: Bool {
        if ChildProcess(pid: pid).exitStatus != nil { return false }
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        // The state is the field behind the program's name, which stands in parentheses.
        guard let line = FileSystem.read("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else { return false }
        guard line[end...].dropFirst(2).first == "Z" else { return true }
        // It may have ended since the first look: a child that nobody takes note of keeps its number for ever.
        _ = ChildProcess(pid: pid).exitStatus
        return false
    }

    /// Stops it and returns once it is gone: fast (SIGINT), after `timeout` at once (SIGQUIT), then by force.
    func stop(timeout: Duration) {
        for (signal, patience) in [(SIGINT, timeout), (SIGQUIT, .seconds(5)), (SIGKILL, .seconds(5))] {
            kill(pid, signal)
            if Blocking.wait(atMost: patience, until: { !isAlive }) { return }
        }
    }
}

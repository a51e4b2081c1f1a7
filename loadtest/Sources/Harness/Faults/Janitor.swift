internal import Glibc
internal import Primitives
internal import Reactor

/// A process that takes an own server down and removes its folder once we are gone or let go of it, however that comes about: a
/// signal, a crash, a `kill -9`. It waits for the end of a pipe whose other end only we hold.
final class Janitor {
    /// Seconds that a program gets to end after being asked to, before it is killed.
    static let stopSeconds = 30

    /// What it does, with the folder as `$1` and the seconds as `$2`. A number is only signalled while the command line of its
    /// process names our folder: it may be another's by now. Exits with 1 when something had to be killed.
    private static let script = """
        trap '' HUP INT TERM
        cd /
        cat >/dev/null
        status=0
        # A process that has ended has no command line, even when nobody took note of its end.
        runs() { tr '\\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep --quiet --fixed-strings -e "$2"; }
        end() {
            runs "$1" "$2" || return 0
            kill -"$3" "$1"; kill -CONT "$1"
            left=$(($4 * 20))
            while runs "$1" "$2"; do
                if [ $left -eq 0 ]; then kill -KILL "$1"; status=1; fi
                left=$((left - 1))
                sleep 0.05
            done
        } 2>/dev/null
        for name in server standins; do
            [ -f "$1/$name.pid" ] && end "$(cat "$1/$name.pid")" "$1" TERM "$2"
        done
        # A server that was killed leaves its PostgreSQL behind; where PostgreSQL's user cannot reach this folder, it lies elsewhere.
        base=$1/data/postgres
        [ -f "$1/data/postgres.location" ] && base=$(cat "$1/data/postgres.location")
        if [ -f "$base/cluster/postmaster.pid" ]; then
            end "$(head --lines=1 "$base/cluster/postmaster.pid")" "$base/cluster" QUIT "$2"
        fi
        case $base in /var/lib/sala-dev/?*) rm --recursive --force "$base" ;; esac
        rm --recursive --force "$1"
        exit $status
        """

    private let program: Program
    /// The pipe's end that keeps it waiting.
    private var lifeline: Int32
    private let folder: String

    /// Watches over `folder`, an absolute path. `server.pid` and `standins.pid` in it hold the numbers of what runs there.
    init(for folder: String) throws(LoadFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw LoadFailure(.unavailable, "no pipe: \(SystemError(errno))") }
        defer { close(ends[0]) }
        // No program that we start may hold it: the janitor would wait for that, too.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        do throws(LoadFailure) {
            program = try Program.start(
                "/bin/sh", ["-c", Self.script, "sala-loadtest-janitor", folder, String(Self.stopSeconds)],
                input: ends[0], log: "/dev/null")
        } catch {
            close(ends[1])
            throw error
        }
        lifeline = ends[1]
        self.folder = folder
    }

    deinit { letGo() }

    private func letGo() {
        guard lifeline >= 0 else { return }
        close(lifeline)
        lifeline = -1
    }

    /// Has everything taken down, and waits for it; for the end of a run. `meanwhile` is called between looks.
    func finish(meanwhile: () -> Void) throws(LoadFailure) {
        guard lifeline >= 0 else { return }
        letGo()
        // Three programs may use up their time one after the other.
        let limit = SystemTime().now.advanced(by: .seconds(3 * Self.stopSeconds + 10))
        while SystemTime().now < limit {
            meanwhile()
            if let status = program.exitStatus {
                guard status == 0 else {
                    throw LoadFailure(
                        .unavailable, "the server did not stop within \(Self.stopSeconds) s and was killed")
                }
                return
            }
            usleep(20_000)
        }
        throw LoadFailure(.unavailable, "what runs in \(folder) cannot be taken down")
    }
}

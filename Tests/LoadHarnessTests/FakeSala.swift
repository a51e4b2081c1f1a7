import Glibc
import Primitives
import Reactor
import Testing

@testable import LoadHarness

/// A shell script that takes part as `sala`: it writes what `sala dev` writes, ends when it is asked to, and keeps in
/// `data/history` what became of it. In a folder of its own, which goes with it.
final class FakeSala {
    /// Shell commands of the server: before it is ready, and when it is asked to end.
    var start = ""
    var drain = "exit 0"
    let folder: String

    init() throws {
        var template = Array("/tmp/sala-fake-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        unlink(program)
        rmdir(servers)
        rmdir(folder)
    }

    private var program: String { folder + "/sala" }
    /// The servers' folders are made here: empty when nothing is left of them.
    private var servers: String { folder + "/servers" }

    /// Blocks without a child, and lets a trap run at once.
    private var script: String {
        """
        #!/bin/sh
        what=$1; data=$3; port=$5
        mkdir -p "$data"
        mkfifo "$data/$what.$$"
        if [ "$what" = standins ]; then
            trap 'exit 0' TERM
            echo "The stand-ins listen on $port"
        else
            rm -f "$data/dev.json"
            trap 'echo drain >>"$data/history"; \(drain)' TERM
            \(start)
            echo start >>"$data/history"
            token=e30.eyJzdWIiOiJ1XzEifQ.x
            printf '{"http":"http://127.0.0.1:%s","standins":"%s","tokens":{"jeco":{"customer":"%s","service":"%s"}}}' \\
                "$port" "$7" $token $token >"$data/dev.json"
        fi
        while :; do read -r line <>"$data/$what.$$"; done

        """
    }

    var configuration: OwnServer.Configuration {
        get throws {
            mkdir(servers, 0o755)
            try #require(TextFile.write(Array(script.utf8), to: program) && chmod(program, 0o755) == 0)
            var configuration = OwnServer.Configuration(program: program)
            configuration.port = 21_990
            configuration.parent = servers
            configuration.startTimeout = .seconds(30)
            configuration.drainTimeout = .seconds(30)
            return configuration
        }
    }

    /// Folders of servers that are still there.
    var remains: [String] {
        guard let directory = opendir(servers) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}

extension OwnServer {
    /// The words that the fake wrote about itself.
    var history: [String] {
        let path = devJSON.replacing("dev.json", with: "history")
        return String(decoding: TextFile.read(path) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// `R`, `S`, `T` (stopped), `Z`; nil when there is no such process.
func processState(_ pid: Int) -> Character? {
    TextFile.read("/proc/\(pid)/stat").flatMap { stat in
        String(decoding: stat, as: UTF8.self).split(separator: ")").last?.first { $0 != " " }
    }
}

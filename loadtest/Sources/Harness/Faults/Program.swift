internal import CLinux
internal import Glibc

/// Another program that we started, in a session of its own: no terminal's Ctrl-C reaches it. Its environment is ours.
struct Program {
    let pid: Int32

    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - input: becomes its standard input; nil: `/dev/null`.
    ///   - log: its standard output and error are appended to this file.
    static func start(
        _ path: String, _ arguments: [String], input: Int32? = nil, log: String
    ) throws(LoadFailure) -> Program {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        // What we block or ignore is not to be blocked or ignored by the program.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | Int32(SALA_SPAWN_SETSID)))

        var pid: pid_t = 0
        let status = withCStrings([path] + arguments) { arguments in
            withCStrings(environment) { posix_spawn(&pid, path, &actions, &attributes, arguments, $0) }
        }
        guard status == 0 else {
            throw LoadFailure(.unavailable, "\(path) cannot be started: \(String(cString: strerror(status)))")
        }
        return Program(pid: pid)
    }

    /// How it ended (128 and the signal's number when one ended it); nil while it runs. Only the first call after its end tells:
    /// the number is free for another process from then on.
    var exitStatus: Int32? {
        var status: Int32 = 0
        return sala_exit_status(pid, &status) == 1 ? status : nil
    }

    func send(_ signal: Int32) { _ = Glibc.kill(pid, signal) }

    private static var environment: [String] {
        (TextFile.read("/proc/self/environ") ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The texts as C wants a vector of them, ended by NULL; valid during the call.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("an array that holds NULL is not empty") }
        return body(base)
    }
}

internal import CLinux
internal import Glibc

/// Another program that we started, in a session of its own.
struct ChildProcess {
    let pid: Int32

    /// - Parameters:
    ///   - arguments: without the program's own name.
    ///   - output: takes its standard output and error; stays the caller's.
    static func start(
        _ path: String, _ arguments: [String], as user: SystemUser?, output: Int32
    ) throws(ClusterFailure) -> ChildProcess {
        // Nothing of our environment: it may hold secrets, or settings that were not meant for this program.
        let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/"]
        let status = path.withCString { path in
            withCStrings([String(cString: path)] + arguments) { arguments in
                withCStrings(environment) { environment in
                    arguments.withUnsafeBufferPointer { arguments in
                        environment.withUnsafeBufferPointer { environment in
                            var program = sala_program(
                                path: path, arguments: arguments.baseAddress, environment: environment.baseAddress,
                                output: output, changes_user: user == nil ? 0 : 1, user: user?.user ?? 0,
                                group: user?.group ?? 0)
                            return sala_spawn(&program)
                        }
                    }
                }
            }
        }
        guard status > 0 else { throw .file(path: path, error: String(cString: strerror(-status))) }
        return ChildProcess(pid: status)
    }

    /// The exit status; nil while it runs, and for a process that is not our child.
    var exitStatus: Int32? {
        var status: Int32 = 0
        return sala_exit_status(pid, &status) == 1 ? status : nil
    }
}

internal import CLinux
internal import Glibc

/// The command `sala`.
@main
enum Sala {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // Before any thread exists: every thread inherits the mask, and signals are read from a descriptor.
        _ = sala_block_signals()
        _ = sala_raise_descriptor_limit()
        do {
            try run(arguments)
        } catch {
            Console.error(error.message)
            exit(error.code.rawValue)
        }
    }

    private static func run(_ arguments: [String]) throws(CommandFailure) {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "dev": try DevCommand(Options(rest, DevCommand.options, help: Help.dev)).run()
        case "serve": try ServeCommand(Options(rest, [], help: Help.serve)).run()
        case "migrate": try MigrateCommand(Options(rest, [], help: Help.migrate)).run()
        case "doctor": try DoctorCommand(Options(rest, [], help: Help.doctor)).run()
        case "token": try TokenCommand(Options(rest, TokenCommand.options, help: Help.token)).run()
        case "standins": try StandinsCommand(Options(rest, StandinsCommand.options, help: Help.standins)).run()
        case "version", "--version", "-V": Console.print("sala \(Build.version) (\(Build.description))")
        case "help", "--help", "-h": Console.print(Help.overview)
        case nil: throw CommandFailure(.usage, Help.overview)
        case let command?: throw CommandFailure(.usage, "sala: unknown command '\(command)'\n\n\(Help.overview)")
        }
    }
}

/// Exit codes of sysexits.h that `sala` uses.
enum ExitCode: Int32 {
    case usage = 64
    case unavailable = 69
    case configuration = 78
}

/// A command that ends with a message on standard error.
struct CommandFailure: Error {
    let code: ExitCode
    let message: String

    init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// What this executable is.
enum Build {
    static let version = "0.1.0"
    #if DEBUG
        static let configuration = "debug"
    #else
        static let configuration = "release"
    #endif
    static let description = "\(configuration), Swift 6"
}

/// Lines for a person.
enum Console {
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        // A closed terminal is nobody to tell.
        text.withUTF8 { _ = sala_write_all(descriptor, $0.baseAddress, $0.count) }
    }
}

internal import Glibc

/// The options of one command: `--name value`, `--name=value`, or a flag.
struct Options {
    struct Option {
        let name: String
        let takesValue: Bool
        var isRepeatable = false
    }

    private var values: [String: [String]] = [:]

    /// Prints `help` and exits for `--help`; throws a usage failure for what the command does not know.
    init(_ arguments: [String], _ options: [Option], help: String) throws(CommandFailure) {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            if argument == "--help" || argument == "-h" {
                Console.print(help)
                exit(0)
            }
            guard argument.hasPrefix("--") else { throw Self.misused("unexpected argument '\(argument)'", help) }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts.first ?? "")
            guard let option = options.first(where: { $0.name == name }) else {
                throw Self.misused("unknown option '--\(name)'", help)
            }
            var value = parts.count == 2 ? String(parts[1]) : nil
            if option.takesValue, value == nil {
                guard index < arguments.count else { throw Self.misused("--\(name) needs a value", help) }
                value = arguments[index]
                index += 1
            }
            guard option.takesValue || value == nil else { throw Self.misused("--\(name) takes no value", help) }
            guard option.isRepeatable || values[name] == nil else {
                throw Self.misused("--\(name) is given twice", help)
            }
            values[name, default: []].append(value ?? "")
        }
    }

    private static func misused(_ what: String, _ help: String) -> CommandFailure {
        CommandFailure(.usage, "sala: \(what)\n\n\(help)")
    }

    func has(_ name: String) -> Bool { values[name] != nil }
    func all(_ name: String) -> [String] { values[name] ?? [] }
    subscript(name: String) -> String? { values[name]?.first }

    /// An address of a server, without a path.
    func address(_ name: String) throws(CommandFailure) -> String? {
        guard let text = self[name] else { return nil }
        let isAddress = ["http://", "https://"].contains { scheme in
            text.hasPrefix(scheme) && text.utf8.count > scheme.utf8.count && !text.dropFirst(scheme.count).contains("/")
        }
        guard isAddress else {
            throw CommandFailure(.usage, "sala: --\(name) is an address such as http://127.0.0.1:8090")
        }
        return text
    }

    func number(_ name: String, default value: Int, in range: ClosedRange<Int>) throws(CommandFailure) -> Int {
        guard let text = self[name] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw CommandFailure(.usage, "sala: --\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// The options of one command: `--name value`, `--name=value`, or a flag; and what else it is given.
struct CommandLineOptions {
    struct Option {
        let name: String
        /// What stands for its value in the help; nil: a flag.
        let value: String?
        let help: String

        init(_ name: String, _ value: String? = nil, _ help: String) {
            self.name = name
            self.value = value
            self.help = help
        }
    }

    private var values: [String: String] = [:]
    let operands: [String]
    var wantsHelp: Bool { values["help"] != nil }

    init(_ arguments: [String], _ options: [Option]) throws(LoadFailure) {
        var operands: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            if argument == "-h" || argument == "--help" {
                values["help"] = ""
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard argument.hasPrefix("--"), let name = parts.first.map(String.init),
                let option = options.first(where: { $0.name == name })
            else { throw LoadFailure(.usage, "unknown option \(argument); --help lists them") }
            guard values[name] == nil else { throw LoadFailure(.usage, "--\(name) is given twice") }
            var value = parts.count == 2 ? String(parts[1]) : nil
            if option.value == nil {
                guard value == nil else { throw LoadFailure(.usage, "--\(name) takes no value") }
            } else if value == nil {
                guard let next = rest.popFirst() else { throw LoadFailure(.usage, "--\(name) needs a value") }
                value = next
            }
            values[name] = value ?? ""
        }
        self.operands = operands
    }

    /// Those of `options` that were given, as a command line has them.
    func arguments(of options: [Option]) -> [String] {
        options.flatMap { option -> [String] in
            guard let value = self[option.name] else { return [] }
            return option.value == nil ? ["--\(option.name)"] : ["--\(option.name)", value]
        }
    }

    subscript(name: String) -> String? { values[name] }
    func has(_ name: String) -> Bool { values[name] != nil }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(LoadFailure) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw LoadFailure(.usage, "--\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(LoadFailure) -> Double? {
        guard let text = self[name] else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw LoadFailure(.usage, "--\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Seconds: `30`, `30s`, `5m` or `1h`.
    func duration(_ name: String, in range: ClosedRange<Double>) throws(LoadFailure) -> Double? {
        guard let text = self[name] else { return nil }
        guard let seconds = Self.seconds(text), range.contains(seconds) else {
            throw LoadFailure(
                .usage,
                "--\(name) is a time as 30, 30s, 5m or 1h, from \(Int(range.lowerBound)) s to \(Int(range.upperBound)) s"
            )
        }
        return seconds
    }

    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        guard let last = text.last else { return nil }
        let number = units[last] == nil ? text[...] : text.dropLast()
        guard number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let value = Double(number) else {
            return nil
        }
        return value * (units[last] ?? 1)
    }

    /// A table of options for the help.
    static func help(_ options: [Option]) -> String {
        options.map { option in
            let head = "  --\(option.name)" + (option.value.map { " \($0)" } ?? "")
            return head + String(repeating: " ", count: max(1, 24 - head.count)) + option.help
        }.joined(separator: "\n")
    }
}

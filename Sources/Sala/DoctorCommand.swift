internal import PostgresStore
internal import Primitives

/// `sala doctor`: checks everything and says what is wrong with each.
struct DoctorCommand {
    init(_ options: Options) {}

    func run() throws(CommandFailure) {
        var failed: ExitCode?
        let configuration: Configuration?
        do {
            configuration = try Configuration.fromEnvironment()
            Console.print("ok    configuration")
        } catch {
            configuration = nil
            failed = .configuration
            for line in error.lines { Console.print("wrong \(line)") }
        }
        if let url = Configuration.environment("SALA_DATABASE_URL") {
            do {
                try Migrator(PostgresConfiguration(conninfo: Secret(url))).check()
                Console.print("ok    database: it answers, and has this release's schema")
            } catch {
                failed = failed ?? (error == .unavailable ? .unavailable : .configuration)
                Console.print("wrong database: \(error)")
            }
        }
        if let configuration {
            for (name, provider) in [
                ("openai", configuration.openai), ("anthropic", configuration.anthropic),
                ("gemini", configuration.gemini),
            ] {
                Console.print(
                    provider.map { "ok    provider \(name): model \($0.model)" }
                        ?? "-     provider \(name): not configured")
            }
        }
        if let failed { throw CommandFailure(failed, "sala: not everything is well") }
    }
}

internal import PostgresStore
internal import Primitives

/// `sala migrate`: brings the database to this release's schema.
struct MigrateCommand {
    init(_ options: Options) {}

    func run() throws(CommandFailure) {
        guard let url = Configuration.environment("SALA_DATABASE_URL") else {
            throw CommandFailure(
                .configuration, "sala: SALA_DATABASE_URL is missing; it names the PostgreSQL to migrate")
        }
        do {
            let applied = try Migrator(PostgresConfiguration(conninfo: Secret(url))).migrate { Console.print($0) }
            Console.print(applied == 0 ? "The database is up to date." : "Applied \(applied) migration(s).")
        } catch {
            throw CommandFailure(error == .unavailable ? .unavailable : .configuration, "sala: \(error)")
        }
    }
}

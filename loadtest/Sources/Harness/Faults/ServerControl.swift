/// What may be done to the server under test. Confined to the driver's loop, and nothing waits: what takes time goes on in the
/// loop's turns, so that the clients live through it as clients do.
protocol ServerControl: AnyObject {
    /// The process that serves now; another one after each restart.
    var pid: Int { get }
    /// It accepts clients. False from `kill` or `replace` until the next one is ready.
    var isUp: Bool { get }
    /// Why it does not come back, or that it ended without being asked to; nothing more is done then.
    var failure: LoadFailure? { get }
    /// What happened, as an event of the run: `the server was killed`, `the server is back after 2.1 s`.
    var happened: (String) -> Void { get set }

    /// Ends the process as a crash would (SIGKILL) and starts it again on the same ports and data.
    func kill() throws(LoadFailure)
    /// Asks it to drain (SIGTERM); when it has ended another takes its place, on the same ports and data.
    func replace() throws(LoadFailure)
    /// Stops it (SIGSTOP) for so long.
    func freeze(for duration: Duration)
}

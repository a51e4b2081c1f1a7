package import Ports

/// The bounds of one loop's journal.
package struct JournalConfiguration: Sendable {
    /// Records of one flush. More only add latency: throughput is level from about 100 rows a transaction.
    package var maxFlushRecords = 256
    /// Bytes of one flush, by `JournalEntry`'s own content; one entry alone may be larger.
    package var maxFlushBytes = 512 * 1024
    /// Entries that wait or are under way; beyond them `.overloaded`.
    package var maxQueuedEntries = 4096
    /// Their bytes; beyond them `.overloaded`.
    package var maxQueuedBytes = 8 * 1024 * 1024
    /// A record's or answer's bytes, as the tables check them too; a larger one is `.conflict`.
    package var maxRecordBytes = 262_144
    /// How long entries whose commit is ambiguous wait to be settled; then they are `.unknown`.
    package var limboTimeout: Duration = .seconds(15)
    /// How often one flush is sent when the server gives it up for no fault of its own (a lock, a deadlock, a timeout);
    /// then its entries are `.unavailable`.
    package var maxFlushAttempts = 3
    /// How long after a refused registration the writer tries again.
    package var registrationRetry: Duration = .milliseconds(200)
    /// Records that a load reads in one round trip. A session is checkpointed every few hundred, so one is the rule.
    package var loadPageRecords = 4096
    /// Records after a checkpoint beyond which a load gives up with `.corrupt`: some 250 MB of memory for one session.
    package var maxTailRecords = 262_144
    /// Told what happened, on the loop, for metrics and logs.
    package var observe: @Sendable (JournalObservation) -> Void = { _ in }

    package init() {}
}

/// What a journal did, for metrics and logs. Holds no content.
package enum JournalObservation: Sendable, Equatable {
    /// A transaction was committed; `duration` from sending it to knowing.
    case flushed(entries: Int, records: Int, bytes: Int, duration: Duration)
    /// The server refused a flush; its entries are tried apart, again, or fail.
    case refused(sqlState: String, entries: Int)
    /// Entries were failed.
    case failed(StoreFailure, entries: Int)
    /// A flush was lost on the way; its entries wait.
    case enteredLimbo(entries: Int)
    /// It is known what became of it.
    case settledLimbo(wasCommitted: Bool, entries: Int, duration: Duration)
    /// The writer's connection is registered and writes, or is gone.
    case connected
    case disconnected
    /// A session's newer checkpoint did not pass its check; the older one was used.
    case skippedCheckpoint
    /// A session could not be loaded because its rows are not what they should be.
    case foundCorruption
}

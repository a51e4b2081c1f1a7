package import Domain
internal import Primitives

/// Which lease slots this process holds, and under which epochs: what every flush proves before it writes.
///
/// One process takes all slots today. The table and the fence are made for several: a slot then changes hands by
/// itself, and only its sessions stop.
package struct Ownership: Sendable, Equatable {
    package static let slotCount = 512

    /// Names this start of this process.
    package let incarnation: String
    /// By slot.
    package let epochs: [Int64]

    package init(incarnation: String, epochs: [Int64]) {
        precondition(epochs.count == Self.slotCount, "one epoch a slot")
        self.incarnation = incarnation
        self.epochs = epochs
    }

    /// The slot that a session's lease is in; the same in every process and release.
    package static func slot(of address: SessionAddress) -> Int16 {
        Int16(address.stableHash & UInt64(slotCount - 1))
    }

    package func epoch(of slot: Int16) -> Int64 { epochs[Int(slot) & (Self.slotCount - 1)] }

    /// Takes every slot. Transactions of an earlier owner that have begun are waited for; none of its later ones
    /// succeeds. Blocks; for the start of the process.
    ///
    /// - Parameters:
    ///   - node: names the machine, for people who read the table.
    ///   - incarnation: unique to this start of this process.
    ///   - attempts: how often the locks are asked for, each time `lockTimeout` long: an earlier owner's connection that
    ///     stands in a transaction is ended by the server after `idleInTransactionTimeout`.
    package static func claim(
        _ configuration: PostgresConfiguration, node: String, incarnation: String, attempts: Int = 15
    ) throws(PostgresFailure) -> Ownership {
        let connection = try BlockingConnection(configuration, statementTimeout: configuration.lockTimeout)
        var parameters = PostgresParameters()
        parameters.add(node)
        parameters.add(incarnation)
        var attempt = 1
        while true {
            do {
                let result = try connection.query(
                    "SELECT slot, epoch FROM claim_slots($1::text, $2::text) ORDER BY slot", parameters)
                return Ownership(incarnation: incarnation, epochs: try decode(result))
            } catch .rejected(let error) where Self.isTransient(error) && attempt < attempts {
                attempt += 1
            }
        }
    }

    /// Cancelled while it waited for a lock, or chosen as the victim of a deadlock.
    private static func isTransient(_ error: PostgresError) -> Bool {
        ["57014", "55P03", "40P01", "40001"].contains(error.sqlState)
    }

    private static func decode(_ result: PostgresResult) throws(PostgresFailure) -> [Int64] {
        var epochs: [Int64] = []
        do {
            for row in 0..<result.rowCount {
                guard try result.int64(row, 0) == Int64(row) else { break }
                epochs.append(try result.int64(row, 1))
            }
        } catch { throw .rejected(PostgresError(sqlState: "XX001")) }
        guard epochs.count == slotCount else { throw .rejected(PostgresError(sqlState: "XX001")) }
        return epochs
    }
}

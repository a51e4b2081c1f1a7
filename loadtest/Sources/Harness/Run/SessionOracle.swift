/// Knows every session of a group: what was acknowledged, what each client was shown. At the end it is held against the
/// journals. Confined to the driver's loop.
final class SessionOracle {
    /// Names of events and commands that are told apart; further ones count as one.
    static let maxNames = 255

    /// What the idempotency keys of these sessions begin with.
    let keyPrefix: String
    private(set) var records: [String: SessionRecord] = [:]
    private var names: [String] = []

    /// `keyPrefix`: as no other group has it, of this process or another.
    init(keyPrefix: String) { self.keyPrefix = keyPrefix }

    /// `session`: `kind/id`.
    func record(of session: String) -> SessionRecord {
        if let record = records[session] { return record }
        let record = SessionRecord(name: session)
        records[session] = record
        return record
    }

    /// A small number for a name.
    func index(ofName name: JSONSlice?) -> UInt8 {
        if let name, let index = names.firstIndex(where: { name.says($0) }) { return UInt8(index) }
        return index(ofName: name?.string ?? "")
    }

    func index(ofName name: String) -> UInt8 {
        if let index = names.firstIndex(of: name) { return UInt8(index) }
        guard names.count < Self.maxNames else { return UInt8(Self.maxNames) }
        names.append(name)
        return UInt8(names.count - 1)
    }

    func name(_ index: UInt8) -> String { Int(index) < names.count ? names[Int(index)] : "?" }

    /// Everybody who should has everything that anybody was told of.
    var isCaughtUp: Bool { records.values.allSatisfy { $0.followers.allSatisfy(Self.isCaughtUp) } }

    static func isCaughtUp(_ follower: Follower) -> Bool {
        if follower.isOff { return true }
        guard follower.isCaughtUp, let trail = follower.trail else { return false }
        return follower.mode != .all || trail.known >= follower.record.newest
    }

    /// Holds what is known of a session against its journal, and against what the protocol promises.
    func audit(_ record: SessionRecord, _ journal: SessionJournal, into oracle: Oracle) {
        SessionAudit(record: record, journal: journal, sessions: self, oracle: oracle).run()
    }
}

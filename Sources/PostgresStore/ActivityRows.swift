internal import JSON
internal import Ports
internal import Primitives

/// New rows of `activity_log`, by column.
struct ActivityRows {
    private var rows: [(tenant: String, row: ActivityRow)] = []

    init() {}

    init(_ tenant: String, _ row: ActivityRow) { add(tenant, row) }

    mutating func add(_ tenant: String, _ row: ActivityRow) { rows.append((tenant, row)) }

    /// Nil when there are none.
    var parameters: PostgresParameters? {
        if rows.isEmpty { return nil }
        var parameters = PostgresParameters()
        parameters.add(rows.map { Optional($0.tenant) })
        parameters.add(rows.map { Optional($0.row.subject) })
        parameters.add(rows.map { Optional($0.row.activity.name) })
        parameters.add(rows.map { Optional($0.row.activity.action) })
        parameters.add(rows.map { Optional($0.row.activity.entityType) })
        parameters.add(rows.map(\.row.entity))
        parameters.add(rows.map { Optional(String(decoding: JSONValue.object($0.row.details).bytes, as: UTF8.self)) })
        parameters.add(rows.map(\.row.address))
        parameters.add(rows.map(\.row.userAgent))
        parameters.add(rows.map { Optional($0.row.at) })
        return parameters
    }

    static let insert = PostgresStatement(
        "insert_activities",
        """
        INSERT INTO activity_log (tenant, subject, activity, action, entity_type, entity_id, details, ip_address,
                                  user_agent, at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::text[], $9::text[], $10::timestamptz[])
        """)
}

/// One numbered step of the schema: a file of `Migrations/`, embedded in the binary. A file that was ever released
/// never changes; what comes after it is a new file.
package struct Migration: Sendable {
    /// 1, 2, 3 … without gaps.
    package let version: Int
    package let name: String
    let sql: [UInt8]

    package init(version: Int, name: String, sql: [UInt8]) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// All of this release, in order. SwiftPM names the embedded file's constant after its path, with an underscore for
    /// a first character that no Swift name can begin with: `0001_…` becomes `_001_…`.
    package static let all = [
        Migration(version: 1, name: "0001_sessions", sql: PackageResources._001_sessions_sql),
        Migration(version: 2, name: "0002_slips", sql: PackageResources._002_slips_sql),
        Migration(version: 3, name: "0003_payments", sql: PackageResources._003_payments_sql),
        Migration(version: 4, name: "0004_platform_facts", sql: PackageResources._004_platform_facts_sql),
        Migration(version: 5, name: "0005_orders", sql: PackageResources._005_orders_sql),
        Migration(version: 6, name: "0006_people", sql: PackageResources._006_people_sql),
        Migration(version: 7, name: "0007_gold_prices", sql: PackageResources._007_gold_prices_sql),
        Migration(version: 8, name: "0008_outbox", sql: PackageResources._008_outbox_sql),
        Migration(version: 9, name: "0009_activity", sql: PackageResources._009_activity_sql),
    ]
}

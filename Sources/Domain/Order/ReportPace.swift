/// How often a rider's phone is asked to report: radio and battery are spent for those who look.
package enum ReportPace {
    /// Nobody looks: enough to begin from.
    package static let unwatched = 60
    package static let watched = 2
    /// Watched, and nearer than `Geofence.nearMetres`: the last corners.
    package static let near = 1

    /// Seconds from one report to the next. `distance`: metres to the destination, nil when that is not known.
    package static func seconds(watchers: Int, distance: Double?) -> Int {
        guard watchers > 0 else { return unwatched }
        guard let distance, distance < Geofence.nearMetres else { return watched }
        return near
    }
}

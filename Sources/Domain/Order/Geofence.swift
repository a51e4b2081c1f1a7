/// How near somebody is to a destination. Who asks remembers what was told: a rider who circles at the fence crosses it often.
package enum Geofence {
    package enum Stage: Int, Sendable, Comparable {
        case far, near, arrived

        package static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    package static let nearMetres = 300.0
    package static let arrivedMetres = 50.0

    /// On the fence is inside. A fix that is less accurate than the fence is wide does not say that it was crossed; one that does
    /// not say how accurate it is does.
    package static func stage(of fix: Fix, to destination: GeoPoint) -> Stage {
        let metres = fix.point.distance(to: destination)
        let accuracy = fix.accuracy ?? 0
        if metres <= arrivedMetres, accuracy <= arrivedMetres { return .arrived }
        return metres <= nearMetres && accuracy <= nearMetres ? .near : .far
    }
}

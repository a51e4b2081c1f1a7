/// Lines over an axis: what is shown, not how it is drawn.
struct Plot {
    /// A point of a line; nil where nothing was measured.
    typealias Point = (x: Double, y: Double?)

    struct Line {
        let name: String
        /// At the line's end: what tells it from the others without colour.
        let label: String
        let points: [Point]
    }

    /// Something that happened, as a vertical mark with a number.
    struct Mark {
        let at: Double
        let number: Int
    }

    /// Beyond so many a plot is full: points are put together.
    static let maxPoints = 500

    let title: String
    /// What it shows and how to read it, when that is not plain from the title.
    var note = ""
    let x: Axis
    let y: Axis
    let lines: [Line]
    var marks: [Mark] = []
    /// A value that should not be passed, drawn across.
    var limit: Double?
    /// How values are spoken of in the accessible name.
    var speak: (Double) -> String = Words.number

    var isEmpty: Bool { lines.allSatisfy { $0.points.allSatisfy { $0.y == nil } } }

    /// In words, for who cannot see it.
    var description: String {
        let parts = lines.compactMap { line -> String? in
            let values = line.points.compactMap(\.y).filter(\.isFinite)
            guard let least = values.min(), let greatest = values.max() else { return nil }
            return least == greatest
                ? "\(line.name) \(speak(least))" : "\(line.name) from \(speak(least)) to \(speak(greatest))"
        }
        return "\(title): \(parts.joined(separator: "; "))."
    }

    /// Puts neighbours together until at most `maxPoints` are left: into their mean, or into the greatest where a peak must not
    /// be lost.
    static func thinned(_ points: [Point], keepingPeaks: Bool) -> [Point] {
        guard points.count > maxPoints else { return points }
        let size = (points.count + maxPoints - 1) / maxPoints
        return stride(from: 0, to: points.count, by: size).map { start in
            let group = points[start..<min(start + size, points.count)]
            let values = group.compactMap(\.y)
            let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            return (points[start].x, keepingPeaks ? values.max() : mean)
        }
    }
}

extension Plot {
    /// The drawing's own units: it is stretched to the page's width, and only lines are drawn in it. Labels are text of the page,
    /// so that they are as large on a phone as on a desk.
    private static let side = 1000.0
    /// Distance between labels at the lines' ends, as a share of the height.
    private static let labelGap = 0.075
    /// Marks nearer than this have one number together, as a share of the width.
    private static let markGap = 0.08

    /// A figure of HTML with SVG inside.
    var markup: Markup {
        guard !isEmpty else {
            return """
                <figure class="plot"><figcaption><h3>\(title)</h3></figcaption>\
                <p class="empty">Nothing of this was measured.</p></figure>

                """
        }
        let gutter = lines.count > 1 ? lines.map(\.label.count).max() ?? 0 : 0
        let kind = placedMarks.isEmpty ? "frame" : "frame marked"
        let margin = y.ticks.map(\.label.count).max() ?? 1
        return """
            <figure class="plot"><figcaption><h3>\(title)</h3>\(noteMarkup)</figcaption>
            \(legend)<p class="axis">\(y.title)</p>
            <div class="\(kind)" style="--margin:\(margin)ch;--gutter:\(gutter)ch">
            <div class="y" aria-hidden="true">\(y.ticks.map { tick("bottom", $0) })</div>
            <div class="area"><svg role="img" aria-label="\(description)" viewBox="0 0 1000 1000" preserveAspectRatio="none">
            <path class="grid" d="\(grid)"/>\(limitMarkup)\(markLines)\(lines.indices.map(linePath))</svg>\(markNumbers)\(endLabels)</div>
            <div class="x" aria-hidden="true">\(x.ticks.map { tick("left", $0) })</div></div>
            <p class="axis x-axis">\(x.title)</p></figure>

            """
    }

    private var noteMarkup: Markup { note.isEmpty ? "" : "<p>\(note)</p>" }

    private func tick(_ edge: String, _ tick: Axis.Tick) -> Markup {
        "<span style=\"\(edge):\(Self.percent(tick.position))\">\(tick.label)</span>"
    }

    private var legend: Markup {
        let items = lines.indices.map { index -> Markup in
            let name = lines[index].name
            let label: Markup = lines[index].label == name ? "" : "<b>\(lines[index].label)</b> "
            return """
                <li class="line-\(index % 6)"><svg aria-hidden="true" viewBox="0 0 32 8"><path d="M1 4H31"/></svg>\(label)\(name)</li>
                """
        }
        let limit: Markup =
            limitPosition == nil
            ? ""
            : """
            <li class="limit"><svg aria-hidden="true" viewBox="0 0 32 8"><path d="M1 4H31"/></svg>limit</li>
            """
        return lines.count == 1 && limitPosition == nil ? "" : "<ul class=\"legend\">\(items)\(limit)</ul>\n"
    }

    private var grid: String {
        let rows = y.ticks.map { "M0 \(Self.down($0.position))H1000" }
        return (rows + x.ticks.map { "M\(Self.across($0.position)) 0V1000" }).joined()
    }

    private var limitPosition: Double? { limit.flatMap { y.position($0) } }

    private var limitMarkup: Markup {
        limitPosition.map { "<path class=\"limit\" d=\"M0 \(Self.down($0))H1000\"/>" } ?? ""
    }

    private var placedMarks: [(position: Double, number: Int)] {
        marks.compactMap { mark in x.position(mark.at).map { ($0, mark.number) } }
    }

    private var markLines: Markup {
        let path = placedMarks.map { "M\(Self.across($0.position)) 0V1000" }.joined()
        return path.isEmpty ? "" : "<path class=\"mark\" d=\"\(path)\"/>"
    }

    /// Numbers that would stand on each other are put together: `2–4`.
    private var markNumbers: Markup {
        var groups: [(first: Int, last: Int, from: Double, to: Double)] = []
        for mark in placedMarks {
            if let group = groups.last, mark.position - group.to < Self.markGap {
                groups[groups.count - 1] = (group.first, mark.number, group.from, mark.position)
            } else {
                groups.append((mark.number, mark.number, mark.position, mark.position))
            }
        }
        return groups.reduce(into: "") { numbers, group in
            let text = group.first == group.last ? "\(group.first)" : "\(group.first)–\(group.last)"
            numbers += """
                <span class="mark" aria-hidden="true" style="left:\(Self.percent((group.from + group.to) / 2))">\(text)</span>
                """
        }
    }

    private func linePath(_ index: Int) -> Markup {
        var path = ""
        var dots = ""
        var isDrawing = false
        var isAlone = false
        var last = (x: -1, y: -1)
        for point in lines[index].points {
            guard let height = point.y.flatMap({ y.position($0) }), let across = x.position(point.x) else {
                if isAlone { dots += "M\(last.x) \(last.y)h1" }
                (isDrawing, isAlone) = (false, false)
                continue
            }
            let here = (x: Self.across(across), y: Self.down(height))
            if isDrawing, here == last { continue }
            path += isDrawing ? "L\(here.x) \(here.y)" : "M\(here.x) \(here.y)"
            isAlone = !isDrawing
            (isDrawing, last) = (true, here)
        }
        // A value between two gaps is a dot: a line of one point would not be seen.
        if isAlone { dots += "M\(last.x) \(last.y)h1" }
        let dotted: Markup = dots.isEmpty ? "" : "<path class=\"line-\(index % 6) dot\" d=\"\(dots)\"/>"
        return path.isEmpty ? "" : "<path class=\"line-\(index % 6)\" d=\"\(path)\"/>\(dotted)"
    }

    /// At the height of each line's last value, apart from each other.
    private var endLabels: [Markup] {
        guard lines.count > 1 else { return [] }
        var ends: [(index: Int, across: Double, height: Double)] = lines.indices.compactMap { index in
            guard let last = lines[index].points.last(where: { $0.y != nil }), let across = x.position(last.x),
                let height = last.y.flatMap({ y.position($0) })
            else { return nil }
            return (index, across, height)
        }
        ends.sort { ($0.height, $1.index) < ($1.height, $0.index) }
        let heights = Self.apart(ends.map(\.height))
        for place in ends.indices { ends[place].height = heights[place] }
        return ends.map { end in
            """
            <span class="end line-\(end.index % 6)" aria-hidden="true" \
            style="left:\(Self.percent(end.across));bottom:\(Self.percent(end.height))">\
            \(lines[end.index].label)</span>
            """
        }
    }

    /// Rising heights moved until they are `labelGap` from each other, each as little as can be: those that would overlap stand
    /// around their middle.
    static func apart(_ heights: [Double]) -> [Double] {
        var groups: [(middle: Double, count: Int)] = []
        func half(_ group: (middle: Double, count: Int)) -> Double { Double(group.count - 1) / 2 * labelGap }
        for height in heights {
            var group = (middle: height, count: 1)
            while let last = groups.last, last.middle + half(last) + labelGap > group.middle - half(group) {
                let count = last.count + group.count
                let sum = last.middle * Double(last.count) + group.middle * Double(group.count)
                group = (sum / Double(count), count)
                group.middle = max(half(group), min(group.middle, 1 - half(group)))
                groups.removeLast()
            }
            groups.append(group)
        }
        return groups.flatMap { group in
            (0..<group.count).map { group.middle - half(group) + Double($0) * labelGap }
        }
    }

    private static func across(_ position: Double) -> Int { Int((position * side).rounded()) }
    private static func down(_ position: Double) -> Int { Int(((1 - position) * side).rounded()) }
    private static func percent(_ share: Double) -> String { "\(Words.fixed(share * 100, 2, trimming: true))%" }
}

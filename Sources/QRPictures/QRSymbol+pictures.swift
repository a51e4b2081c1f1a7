internal import Primitives

/// The symbol black on white, with what must stay light around it.
extension QRSymbol {
    /// Pixels that a side of the PNG comes near from below: large enough to be read from a screen, and small to send.
    private static let pixels = 480

    /// Modules of a side with the quiet zone: 29 to 97.
    private var wholeSide: Int { side + 2 * Self.quietModules }

    /// A PNG file of one bit a pixel: a square of 388 to 480 pixels, each module as many whole pixels. The same bytes for the same text.
    package func png() throws(QRPictureFailure) -> [UInt8] {
        let scale = Self.pixels / wholeSide
        var picture = IndexedPicture(width: wholeSide * scale, height: wholeSide * scale)
        for run in darkRuns {
            picture.fill(1, x: run.column * scale, y: run.row * scale, width: run.count * scale, height: scale)
        }
        return try picture.png(colours: [(255, 255, 255), (0, 0, 0)])
    }

    /// The PNG as the address of an `img` element.
    package func dataURL() throws(QRPictureFailure) -> String {
        "data:image/png;base64," + Base64.encode(try png())
    }

    /// An SVG document, to stand by itself or in a page: a square of one unit a module that takes whatever size it is given.
    package var svg: String {
        let path = darkRuns.map { "M\($0.column) \($0.row)h\($0.count)v1h-\($0.count)z" }.joined()
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(wholeSide) \(wholeSide)\" "
            + "shape-rendering=\"crispEdges\"><rect width=\"\(wholeSide)\" height=\"\(wholeSide)\" fill=\"#fff\"/>"
            + "<path d=\"\(path)\"/></svg>"
    }

    /// Dark modules side by side, with the quiet zone counted in.
    private var darkRuns: [(row: Int, column: Int, count: Int)] {
        var runs: [(row: Int, column: Int, count: Int)] = []
        for row in 0..<side {
            var start = 0
            while start < side {
                var end = start
                while isDark(row: row, column: end) { end += 1 }
                if end > start {
                    runs.append((row + Self.quietModules, start + Self.quietModules, end - start))
                }
                start = end + 1
            }
        }
        return runs
    }
}

extension GrayImage {
    /// Whether more than `SlipImageReader.maxFinderLines` rows of pixels cross something like a finder pattern of QR codes: dark and light
    /// in the proportions 1:1:3:1:1. Of a picture in black and white.
    ///
    /// A row counts when one of the two above crosses one at the same place, give or take two pixels, as ZBar puts lines together:
    /// in grain there are many that stand alone.
    var isFullOfFinderPatterns: Bool {
        // Of each column, the row in which a pattern began there last, from 1.
        let (margin, far) = (2, -2)
        var starts = [Int](repeating: far, count: width + 2 * margin)
        var lines = 0
        return pixels.withUnsafeBufferPointer { pixels in
            for row in 0..<height {
                var runs = Runs()
                let start = row * width
                for column in 0...width {
                    let isDark = column < width && pixels[start + column] < 128
                    guard let begun = runs.receive(isDark, at: column) else { continue }
                    let around = starts[begun...begun + 2 * margin]
                    // The present row may have one there, too.
                    if around.contains(where: { $0 < row && $0 >= row - 2 }) { lines += 1 }
                    starts[begun + margin] = row
                }
                if lines > SlipImageReader.maxFinderLines { return true }
            }
            return false
        }
    }

    /// The last five runs of one shade in a row of pixels.
    private struct Runs {
        private var lengths = (0, 0, 0, 0, 0)
        private var length = 0
        private var wasDark = false

        /// Where a pattern began that ends before this column.
        mutating func receive(_ isDark: Bool, at column: Int) -> Int? {
            defer {
                wasDark = isDark
                length += 1
            }
            guard isDark != wasDark else { return nil }
            lengths = (lengths.1, lengths.2, lengths.3, lengths.4, length)
            length = 0
            guard wasDark, lengths.0 > 0, isPattern else { return nil }
            return column - sum
        }

        private var sum: Int { lengths.0 + lengths.1 + lengths.2 + lengths.3 + lengths.4 }

        /// Two runs are two or four sevenths, within three quarters of one; ZBar allows half of one.
        private var isPattern: Bool {
            let sum = sum
            func isNear(_ pair: Int, _ modules: Int) -> Bool { abs(7 * pair - modules * sum) * 4 <= 3 * sum }
            return isNear(lengths.0 + lengths.1, 2) && isNear(lengths.1 + lengths.2, 4)
                && isNear(lengths.2 + lengths.3, 4) && isNear(lengths.3 + lengths.4, 2)
        }
    }
}

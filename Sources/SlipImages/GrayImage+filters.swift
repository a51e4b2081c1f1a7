extension GrayImage {
    /// Half as wide and high, each pixel the mean of four; an odd last row or column is left out.
    func halved() -> GrayImage {
        guard width > 1, height > 1 else { return self }
        let (columns, rows) = (width / 2, height / 2)
        return GrayImage(
            width: columns, height: rows,
            filled: { source, target in
                for row in 0..<rows {
                    let upper = 2 * row * width
                    let lower = upper + width
                    for column in 0..<columns {
                        let (left, right) = (2 * column, 2 * column + 1)
                        let sum =
                            UInt32(source[upper + left]) + UInt32(source[upper + right]) + UInt32(source[lower + left])
                            + UInt32(source[lower + right])
                        target[row * columns + column] = UInt8(sum / 4)
                    }
                }
            }, from: pixels)
    }

    /// Halved until it has at most so many pixels.
    func halved(toAtMost pixels: Int) -> GrayImage {
        var image = self
        while image.pixels.count > pixels, min(image.width, image.height) >= 2 * SlipImageReader.minSide {
            image = image.halved()
        }
        return image
    }

    /// Twice as wide and high; what lies between two pixels is their mean.
    func doubled() -> GrayImage {
        let columns = 2 * width
        return GrayImage(
            width: columns, height: 2 * height,
            filled: { source, target in
                for row in 0..<2 * height {
                    let upper = row / 2 * width
                    let lower = min(row / 2 + row % 2, height - 1) * width
                    for column in 0..<columns {
                        let left = column / 2
                        let right = min(left + column % 2, width - 1)
                        let sum =
                            UInt32(source[upper + left]) + UInt32(source[upper + right]) + UInt32(source[lower + left])
                            + UInt32(source[lower + right])
                        target[row * columns + column] = UInt8(sum / 4)
                    }
                }
            }, from: pixels)
    }

    /// Light for dark.
    func inverted() -> GrayImage { GrayImage(width: width, height: height, pixels: pixels.map { 255 - $0 }) }

    /// The whole range of grey from what is in it, less the darkest and the lightest hundredth.
    func stretched() -> GrayImage {
        var counts = [Int](repeating: 0, count: 256)
        for pixel in pixels { counts[Int(pixel)] += 1 }
        let (low, high) = (Self.quantile(pixels.count / 100, counts), Self.quantile(pixels.count * 99 / 100, counts))
        guard high > low else { return self }
        let table = (0...255).map { UInt8(min(max($0 - low, 0) * 255 / (high - low), 255)) }
        return GrayImage(width: width, height: height, pixels: pixels.map { table[Int($0)] })
    }

    /// The grey below which there are `rank` pixels.
    private static func quantile(_ rank: Int, _ counts: [Int]) -> Int {
        var seen = 0
        for (grey, count) in counts.enumerated() {
            seen += count
            if seen > rank { return grey }
        }
        return 255
    }

    /// Black where it is darker, by more than `margin`, than its neighbourhood on the mean, else white. Uneven light and the grain of
    /// paper go; the edges of a code stay.
    func thresholded(margin: Int) -> GrayImage {
        let radius = max(8, min(width, height) / 32)
        return GrayImage(
            width: width, height: height,
            filled: { source, target in
                // Of each column, the sum of the rows around the present one.
                var columns = [Int](repeating: 0, count: width)
                var rows = 0
                for row in 0..<min(radius, height) {
                    for column in 0..<width { columns[column] += Int(source[row * width + column]) }
                    rows += 1
                }
                columns.withUnsafeMutableBufferPointer { columns in
                    for row in 0..<height {
                        if row + radius < height {
                            let entering = (row + radius) * width
                            for column in 0..<width { columns[column] += Int(source[entering + column]) }
                            rows += 1
                        }
                        if row > radius {
                            let leaving = (row - radius - 1) * width
                            for column in 0..<width { columns[column] -= Int(source[leaving + column]) }
                            rows -= 1
                        }
                        var sum = columns.prefix(radius).reduce(0, +)
                        var wide = min(radius, width)
                        for column in 0..<width {
                            if column + radius < width {
                                sum += columns[column + radius]
                                wide += 1
                            }
                            if column > radius {
                                sum -= columns[column - radius - 1]
                                wide -= 1
                            }
                            let index = row * width + column
                            let isDark = (Int(source[index]) + margin) * (rows * wide) < sum
                            target[index] = isDark ? 0 : 255
                        }
                    }
                }
            }, from: pixels)
    }

    /// `fill` writes every pixel of the new picture.
    private init(
        width: Int, height: Int, filled fill: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void,
        from source: [UInt8]
    ) {
        let count = width * height
        self.init(
            width: width, height: height,
            pixels: [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let target = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
                source.withUnsafeBufferPointer { fill($0, target) }
                filled = count
            })
    }
}

internal import CPNG

/// A raster of few colours: a byte a pixel, row by row from the top left.
struct Canvas {
    enum Colour: UInt8, CaseIterable {
        case paper, line, text, ink, black, band

        var rgb: [UInt8] {
            switch self {
            case .paper: [255, 255, 255]
            case .line: [224, 224, 224]
            case .text: [160, 160, 160]
            case .ink: [96, 96, 96]
            case .black: [0, 0, 0]
            case .band: [24, 120, 96]
            }
        }
    }

    let width: Int
    let height: Int
    private var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: Colour.paper.rawValue, count: width * height)
    }

    /// What lies outside is not drawn.
    mutating func fill(_ colour: Colour, x: Int, y: Int, width: Int, height: Int) {
        for row in max(y, 0)..<max(min(y + height, self.height), y, 0) {
            for column in max(x, 0)..<max(min(x + width, self.width), x, 0) {
                pixels[row * self.width + column] = colour.rawValue
            }
        }
    }

    /// Clockwise, by 0 to 3 quarters.
    func turned(byQuarters quarters: Int) -> Canvas {
        var canvas = self
        for _ in 0..<quarters {
            var turned = Canvas(width: canvas.height, height: canvas.width)
            for row in 0..<turned.height {
                for column in 0..<turned.width {
                    turned.pixels[row * turned.width + column] =
                        canvas.pixels[(canvas.height - 1 - column) * canvas.width + row]
                }
            }
            canvas = turned
        }
        return canvas
    }

    /// libpng's simplified interface keeps its errors to itself: nothing jumps over a Swift frame.
    func png(brightness: Double) throws(SlipPictureFailure) -> [UInt8] {
        // Not a number is dark, too.
        let light = brightness > 0 ? min(brightness, 1) : 0
        let palette = Colour.allCases.flatMap { $0.rgb.map { UInt8(Double($0) * light) } }
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP)
        image.colormap_entries = png_uint_32(Colour.allCases.count)
        // For load, pictures are drawn by the hundred: no filter is chosen line by line, and deflate does not search for long.
        image.flags = png_uint_32(PNG_IMAGE_FLAG_FAST)
        defer { png_image_free(&image) }
        // Room for what does not compress at all, so that one pass does.
        var count = png_alloc_size_t(pixels.count + pixels.count / 8 + 4096)
        var bytes = [UInt8](repeating: 0, count: Int(count))
        guard png_image_write_to_memory(&image, &bytes, &count, 0, pixels, 0, palette) != 0 else {
            throw .notCompressed
        }
        return Array(bytes.prefix(Int(count)))
    }
}

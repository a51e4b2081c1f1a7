internal import CPNG

/// A picture of few colours: a byte a pixel, row by row from the top left, each the index of a colour.
package struct IndexedPicture: Sendable {
    /// Red, green and blue, 0 to 255 each.
    package typealias Colour = (red: UInt8, green: UInt8, blue: UInt8)

    package let width: Int
    package let height: Int
    package private(set) var pixels: [UInt8]

    /// Both at least 1; all pixels have colour 0.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 0, count: width * height)
    }

    package subscript(x: Int, y: Int) -> UInt8 {
        get { pixels[y * width + x] }
        set { pixels[y * width + x] = newValue }
    }

    /// What lies outside is not drawn.
    package mutating func fill(_ colour: UInt8, x: Int, y: Int, width: Int, height: Int) {
        for row in max(y, 0)..<max(min(y + height, self.height), y, 0) {
            for column in max(x, 0)..<max(min(x + width, self.width), x, 0) { self[column, row] = colour }
        }
    }

    /// A PNG file with as few bits a pixel as the colours need: one for two. `isFast`: deflate does not search for long.
    /// libpng's simplified interface keeps its errors to itself: nothing jumps over a Swift frame.
    package func png(colours: [Colour], isFast: Bool = false) throws(QRPictureFailure) -> [UInt8] {
        precondition(pixels.allSatisfy { $0 < colours.count }, "each pixel has a colour")
        let palette = colours.flatMap { [$0.red, $0.green, $0.blue] }
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP)
        image.colormap_entries = png_uint_32(colours.count)
        if isFast { image.flags = png_uint_32(PNG_IMAGE_FLAG_FAST) }
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

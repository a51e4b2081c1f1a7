internal import CImageDecoders

/// A picture in 8 bits of grey a pixel, row by row from the top left. Never empty.
package struct GrayImage: Sendable, Equatable {
    package let width: Int
    package let height: Int
    package let pixels: [UInt8]

    /// `pixels` has a byte for each of them.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height, "an image has all its pixels")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The picture in a JPEG or PNG file, shrunk where it is large: at most `SlipImageReader.maxPixels`. Nil when it is no such
    /// file, broken, or beyond a bound; the size in the header is looked at before memory is taken for it.
    package init?(file: [UInt8]) {
        guard file.count <= SlipImageReader.maxBytes else { return nil }
        if file.starts(with: [0xFF, 0xD8, 0xFF]) {
            self.init(jpeg: file)
        } else if file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self.init(png: file)
        } else {
            return nil
        }
    }

    /// libjpeg shrinks while it decodes, so what is not wanted is never there.
    private init?(jpeg file: [UInt8]) {
        var size = sala_image_size()
        guard sala_jpeg_size(file, file.count, &size) != 0,
            Self.isWithinBounds(size, maxPixels: SlipImageReader.maxJPEGPixels)
        else { return nil }
        let shrinks: [UInt32] = [1, 2, 4, 8]
        guard let shrink = shrinks.first(where: { Self.pixels(size.shrunk(by: $0)) <= SlipImageReader.maxPixels })
        else { return nil }
        let limits = sala_jpeg_limits(
            memory: SlipImageReader.maxJPEGCoefficientBytes, scans: Int32(SlipImageReader.maxJPEGScans))
        let shrunk = size.shrunk(by: shrink)
        self.init(shrunk) { sala_jpeg_gray(file, file.count, limits, shrink, shrunk, $0) }
    }

    private init?(png file: [UInt8]) {
        var size = sala_image_size()
        guard sala_png_size(file, file.count, &size) != 0,
            Self.isWithinBounds(size, maxPixels: SlipImageReader.maxPNGPixels),
            var image = Self(size, decoded: { sala_png_gray(file, file.count, size, $0) })
        else { return nil }
        while image.pixels.count > SlipImageReader.maxPixels { image = image.halved() }
        self = image
    }

    /// Nil when `decode` reports a failure; it fills `size.width * size.height` bytes.
    private init?(_ size: sala_image_size, decoded decode: (UnsafeMutablePointer<UInt8>) -> Int32) {
        var isDecoded = false
        let pixels = [UInt8](unsafeUninitializedCapacity: Self.pixels(size)) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            // A decoder that gives up leaves the rest as it was.
            start.initialize(repeating: 0, count: buffer.count)
            isDecoded = decode(start) != 0
            filled = Self.pixels(size)
        }
        guard isDecoded else { return nil }
        self.init(width: Int(size.width), height: Int(size.height), pixels: pixels)
    }

    private static func isWithinBounds(_ size: sala_image_size, maxPixels: Int) -> Bool {
        min(size.width, size.height) >= SlipImageReader.minSide && pixels(size) <= maxPixels
    }

    /// Of two numbers of 32 bits, so it does not overflow.
    private static func pixels(_ size: sala_image_size) -> Int { Int(size.width) * Int(size.height) }
}

extension sala_image_size {
    /// As libjpeg rounds: up.
    fileprivate func shrunk(by factor: UInt32) -> sala_image_size {
        sala_image_size(
            width: width / factor + (width % factor == 0 ? 0 : 1),
            height: height / factor + (height % factor == 0 ? 0 : 1))
    }
}

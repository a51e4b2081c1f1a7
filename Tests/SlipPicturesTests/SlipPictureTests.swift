import CPNG
import Testing

@testable import SlipPictures

@Suite("Pictures of slips")
struct SlipPictureTests {
    private static let payload = "0041000600000101030040220015275120000AKR000015102TH91047C42"

    /// What libpng reads in it: red, green and blue of every pixel.
    private struct Raster: Equatable {
        var width = 0
        var height = 0
        var pixels: [UInt8] = []

        init(_ file: [UInt8]) throws {
            var image = png_image()
            image.version = png_uint_32(PNG_IMAGE_VERSION)
            defer { png_image_free(&image) }
            try #require(png_image_begin_read_from_memory(&image, file, file.count) != 0)
            image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
            (width, height) = (Int(image.width), Int(image.height))
            pixels = [UInt8](repeating: 0, count: width * height * 3)
            try #require(png_image_finish_read(&image, nil, &pixels, 0, nil) != 0)
        }

        func at(_ x: Int, _ y: Int) -> [UInt8] { Array(pixels[(y * width + x) * 3..<(y * width + x) * 3 + 3]) }

        /// The smallest rectangle around all that is black.
        var black: (left: Int, top: Int, right: Int, bottom: Int) {
            var box = (left: Int.max, top: Int.max, right: 0, bottom: 0)
            for index in 0..<width * height where pixels[3 * index] | pixels[3 * index + 1] | pixels[3 * index + 2] == 0
            {
                let (y, x) = index.quotientAndRemainder(dividingBy: width)
                box = (min(box.left, x), min(box.top, y), max(box.right, x), max(box.bottom, y))
            }
            return box
        }
    }

    @Test("A slip is small, the same every time, and has its code at the lower right in a quiet zone")
    func picture() throws {
        let file = try SlipPicture(payload: Self.payload).png()
        #expect(try SlipPicture(payload: Self.payload).png() == file)
        #expect(file.count < 16 * 1024)
        #expect(try SlipPicture(payload: Self.payload + "0").png() != file)
        let raster = try Raster(file)
        #expect(raster.width == 600 && raster.height == 900)
        #expect(raster.at(5, 5) == [24, 120, 96])
        let code = raster.black
        // Version 4 of QR codes has 33 modules of four pixels.
        #expect(code.right - code.left + 1 == 132 && code.bottom - code.top + 1 == 132)
        #expect(code.left > 300 && code.top > 700)
        for y in code.top - 16...code.bottom + 16 {
            for x in code.left - 16...code.right + 16
            where x < code.left || x > code.right || y < code.top || y > code.bottom {
                #expect(raster.at(x, y) == [255, 255, 255])
            }
        }
    }

    @Test("Turned by 90 degrees, the code is at the lower left; by 180, at the upper left; by 270, at the upper right")
    func turns() throws {
        var picture = SlipPicture(payload: Self.payload)
        let upright = try Raster(try picture.png())
        for angle in [90, 180, 270] {
            picture.turnedBy = angle
            let raster = try Raster(try picture.png())
            #expect(raster.width == (angle == 180 ? 600 : 900) && raster.height == (angle == 180 ? 900 : 600))
            #expect((raster.black.left > raster.width / 2) == (angle == 270))
            #expect((raster.black.top > raster.height / 2) == (angle == 90))
            for (x, y) in [(450, 800), (501, 777), (520, 850), (10, 890), (40, 180)] {
                let (toX, toY) =
                    switch angle {
                    case 90: (899 - y, x)
                    case 180: (599 - x, 899 - y)
                    default: (y, 599 - x)
                    }
                #expect(raster.at(toX, toY) == upright.at(x, y))
            }
        }
    }

    @Test("A dark picture has a third of the light")
    func brightness() throws {
        var picture = SlipPicture(payload: Self.payload)
        picture.brightness = 0.3
        #expect(try Raster(try picture.png()).at(300, 150) == [76, 76, 76])
        picture.brightness = .nan
        #expect(try Raster(try picture.png()).at(300, 150) == [0, 0, 0])
        picture.brightness = 7
        #expect(try Raster(try picture.png()).at(300, 150) == [255, 255, 255])
    }

    @Test("The longest text is drawn inside the picture; none, a longer one and a strange angle are refused")
    func bounds() throws {
        let longest = SlipPicture(payload: String(repeating: "a", count: SlipPicture.maxPayloadBytes))
        let code = try Raster(try longest.png()).black
        #expect(code.right == 600 - 24 - 16 - 1 && code.bottom == 900 - 24 - 16 - 1 && code.top > 500)
        for payload in ["", longest.payload + "a"] {
            #expect(throws: SlipPictureFailure.payloadUnfit) { try SlipPicture(payload: payload).png() }
        }
        var skewed = SlipPicture(payload: Self.payload)
        skewed.turnedBy = 45
        #expect(throws: SlipPictureFailure.angleUnknown) { try skewed.png() }
    }
}

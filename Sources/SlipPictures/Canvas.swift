internal import QRPictures

/// What slips are drawn on: a picture of few colours.
struct Canvas {
    enum Colour: UInt8, CaseIterable {
        case paper, line, text, ink, black, band

        var rgb: IndexedPicture.Colour {
            switch self {
            case .paper: (255, 255, 255)
            case .line: (224, 224, 224)
            case .text: (160, 160, 160)
            case .ink: (96, 96, 96)
            case .black: (0, 0, 0)
            case .band: (24, 120, 96)
            }
        }
    }

    private var picture: IndexedPicture

    init(width: Int, height: Int) { picture = IndexedPicture(width: width, height: height) }

    /// What lies outside is not drawn.
    mutating func fill(_ colour: Colour, x: Int, y: Int, width: Int, height: Int) {
        picture.fill(colour.rawValue, x: x, y: y, width: width, height: height)
    }

    /// Clockwise, by 0 to 3 quarters.
    func turned(byQuarters quarters: Int) -> Canvas {
        var canvas = self
        for _ in 0..<quarters {
            var turned = Canvas(width: canvas.picture.height, height: canvas.picture.width)
            for row in 0..<turned.picture.height {
                for column in 0..<turned.picture.width {
                    turned.picture[column, row] = canvas.picture[row, canvas.picture.height - 1 - column]
                }
            }
            canvas = turned
        }
        return canvas
    }

    /// For load, pictures are drawn by the hundred: it is made fast.
    func png(brightness: Double) throws(SlipPictureFailure) -> [UInt8] {
        // Not a number is dark, too.
        let light = brightness > 0 ? min(brightness, 1) : 0
        let dimmed = { (part: UInt8) in UInt8(Double(part) * light) }
        let colours = Colour.allCases.map(\.rgb).map { (dimmed($0.red), dimmed($0.green), dimmed($0.blue)) }
        do throws(QRPictureFailure) { return try picture.png(colours: colours, isFast: true) } catch {
            throw .notCompressed
        }
    }
}

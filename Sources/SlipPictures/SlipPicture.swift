internal import QRPictures

/// A picture of a bank's transfer slip, as its app leaves one on a customer's phone: a coloured band on top, grey bars where text
/// would be, the small QR code at the lower right. It looks like no real bank's; what is true in it is the code.
package struct SlipPicture: Sendable {
    /// Bytes of the code's text: what a slip's may have (`SlipQR.maxBytes`), and what fits beside the bars.
    package static let maxPayloadBytes = 512
    /// Pixels, before it is turned.
    package static let width = 600
    package static let height = 900

    /// The text of the QR code, any text: a slip's, or that of a code people send instead.
    package let payload: String
    /// How far it is turned clockwise, in degrees: 0, 90, 180 or 270.
    package var turnedBy = 0
    /// What the light of every pixel is multiplied with: 1 leaves it as it is, 0.3 is a dark photo. Taken as within 0...1.
    package var brightness = 1.0

    package init(payload: String) { self.payload = payload }

    /// The picture as a PNG file of a few KiB; the same bytes for the same picture.
    package func png() throws(SlipPictureFailure) -> [UInt8] {
        guard [0, 90, 180, 270].contains(turnedBy) else { throw .angleUnknown }
        var canvas = Canvas(width: Self.width, height: Self.height)
        drawSlip(on: &canvas)
        try drawCode(on: &canvas)
        return try canvas.turned(byQuarters: turnedBy / 90).png(brightness: brightness)
    }

    private func drawSlip(on canvas: inout Canvas) {
        canvas.fill(.band, x: 0, y: 0, width: Self.width, height: 120)
        canvas.fill(.paper, x: 32, y: 36, width: 48, height: 48)
        canvas.fill(.paper, x: 100, y: 48, width: 260, height: 24)
        // Whose money, whose account: a mark of the bank, a name, an account.
        for top in [170, 290] {
            canvas.fill(.band, x: 40, y: top, width: 56, height: 56)
            canvas.fill(.ink, x: 120, y: top, width: 300, height: 16)
            canvas.fill(.text, x: 120, y: top + 34, width: 220, height: 12)
        }
        canvas.fill(.line, x: 40, y: 390, width: Self.width - 80, height: 2)
        // Amount, fee, reference, time.
        for (row, wide) in [150, 90, 240, 180].enumerated() {
            canvas.fill(.text, x: 40, y: 420 + row * 36, width: 120, height: 12)
            canvas.fill(.ink, x: Self.width - 40 - wide, y: 418 + row * 36, width: wide, height: 16)
        }
        // Beside the code.
        for (row, wide) in [150, 120, 140].enumerated() {
            canvas.fill(.text, x: 40, y: 700 + row * 30, width: wide, height: 10)
        }
    }

    /// Four pixels a module, and the quiet zone around them.
    private func drawCode(on canvas: inout Canvas) throws(SlipPictureFailure) {
        guard (1...Self.maxPayloadBytes).contains(payload.utf8.count) else { throw .payloadUnfit }
        let code: QRSymbol
        do throws(QRPictureFailure) { code = try QRSymbol(payload) } catch {
            switch error {
            case .textUnfit: throw .payloadUnfit
            case .notEncoded, .notCompressed: throw .notEncoded
            }
        }
        let (pixel, quiet, room) = (4, QRSymbol.quietModules, 24)
        let side = (code.side + 2 * quiet) * pixel
        let (left, top) = (Self.width - room - side, Self.height - room - side)
        canvas.fill(.paper, x: left, y: top, width: side, height: side)
        for row in 0..<code.side {
            for column in 0..<code.side where code.isDark(row: row, column: column) {
                canvas.fill(
                    .black, x: left + (quiet + column) * pixel, y: top + (quiet + row) * pixel, width: pixel,
                    height: pixel)
            }
        }
    }
}

/// Why a picture cannot be drawn.
package enum SlipPictureFailure: Error, Equatable, Sendable {
    /// The text of the code is empty or longer than `SlipPicture.maxPayloadBytes`.
    case payloadUnfit
    /// Not a quarter turn.
    case angleUnknown
    /// libqrencode or libpng had no memory.
    case notEncoded, notCompressed
}

internal import CQREncode

/// A QR code (ISO/IEC 18004) of a text, as dark and light modules: error correction M, which prints and screens are usually read
/// with, and the smallest version that holds the text.
package struct QRSymbol: Hashable, Sendable {
    /// Bytes of the text: what it takes to pay or to name a slip, and a code that a phone still reads from a screen.
    package static let maxTextBytes = 512
    /// Modules that stay light on each side (§9.1 of the standard).
    package static let quietModules = 4

    /// Modules of a side without what stays light around: 21 to 89.
    package let side: Int
    private let modules: [Bool]

    package init(_ text: String) throws(QRPictureFailure) {
        let bytes = Array(text.utf8)
        guard (1...Self.maxTextBytes).contains(bytes.count) else { throw .textUnfit }
        guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else { throw .notEncoded }
        defer { QRcode_free(code) }
        side = Int(code.pointee.width)
        // The lowest bit of a module is its colour.
        modules = UnsafeBufferPointer(start: code.pointee.data, count: side * side).map { $0 & 1 == 1 }
    }

    /// Rows and columns from 0 at the top left; what lies outside is light.
    package func isDark(row: Int, column: Int) -> Bool {
        (0..<side).contains(row) && (0..<side).contains(column) && modules[row * side + column]
    }
}

/// Why a picture of a QR code cannot be made.
package enum QRPictureFailure: Error, Equatable, Sendable {
    /// The text is empty or longer than `QRSymbol.maxTextBytes`.
    case textUnfit
    /// libqrencode or libpng had no memory.
    case notEncoded, notCompressed
}

internal import CZBar

/// Finds QR codes in pictures, by ZBar; no other code, and nothing is told to D-Bus.
enum QRCodes {
    /// ZBar's word for 8 bits of grey a pixel: `Y800`.
    private static let format: UInt = 0x3030_3859

    /// The texts of the codes, in no order; at most `SlipImageReader.maxCodes`. None when there is no memory, or when a large picture,
    /// which must be black and white then, is full of finder patterns.
    static func texts(in image: GrayImage) -> [String] {
        guard image.pixels.count <= SlipImageReader.maxDensePixels || !image.isFullOfFinderPatterns else { return [] }
        guard let scanner = zbar_image_scanner_create() else { return [] }
        defer { zbar_image_scanner_destroy(scanner) }
        zbar_image_scanner_request_dbus(scanner, 0)
        zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0)
        zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1)
        guard let picture = zbar_image_create() else { return [] }
        defer { zbar_image_destroy(picture) }
        zbar_image_set_format(picture, format)
        zbar_image_set_size(picture, UInt32(image.width), UInt32(image.height))
        return image.pixels.withUnsafeBytes { pixels in
            // Without a function to free it, the memory stays ours.
            zbar_image_set_data(picture, pixels.baseAddress, UInt(pixels.count), nil)
            guard zbar_scan_image(scanner, picture) > 0 else { return [] }
            var texts: [String] = []
            var symbol = zbar_image_first_symbol(picture)
            while let found = symbol, texts.count < SlipImageReader.maxCodes {
                if zbar_symbol_get_type(found) == ZBAR_QRCODE, let start = zbar_symbol_get_data(found) {
                    let text = UnsafeRawBufferPointer(start: start, count: Int(zbar_symbol_get_data_length(found)))
                    texts.append(String(decoding: text, as: UTF8.self))
                }
                symbol = zbar_symbol_next(found)
            }
            return texts
        }
    }
}

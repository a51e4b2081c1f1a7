import SlipQR

extension FuzzTarget {
    /// The text of a QR code: what is read as a slip is written as one that is read the same.
    static let slipQR = FuzzTarget(
        "slip-qr", words: ["0006000001", "0103004", "0220", "5102TH", "9104", "000201"]
    ) { input in
        let slip: SlipQR
        do throws(SlipQRViolation) { slip = try SlipQR(input.text) } catch { return }
        try expect(slip.sendingBank.utf8.count == 3, slip.sendingBank)
        try expect((1...SlipQR.maxReferenceBytes).contains(slip.reference.utf8.count), slip.reference)
        try expect(try SlipQR(slip.text) == slip, "\(slip) is read back otherwise")
    } seeds: {
        [
            "0041000600000101030040220015275120000AKR000015102TH91047C42",
            "0046000600000101030140225202601150TestRef0000000015102TH91048629",
            "004000060000010103002021900000000012345678905102TH91043A1D",
            "0037000600000101030060216A1b2C3d4E5F6G7H85102TH910484ED",
            "00490002010102010203P2P0314500000000000010408150120269104dcc6",
            "00020101021229370016A000000677010111011300668123456785802TH530376463048956",
            "0041000600000101030040220015275120000AKR000015102TH9104", "0099",
        ].map { FuzzInput.bytes($0.utf8) }
    }
}

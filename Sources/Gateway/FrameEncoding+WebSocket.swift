package import Sessions
internal import WebSocket

extension FrameEncoding {
    /// Whole text messages of a server (RFC 6455 §5.2).
    package static let webSocket = FrameEncoding(maxHeaderBytes: EncodedHeader.maxServerBytes) { payloadBytes, room in
        let header = EncodedHeader(.text, payloadBytes: payloadBytes)
        var start = room.mutableBytes
        header.write(to: &start)
        return header.count
    }
}

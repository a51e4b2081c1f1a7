/// Writes requests, as a client does. The encoder alone decides framing: `Content-Length` and `Transfer-Encoding` of
/// the request's headers are not copied. `Host` is the caller's to set; without it a server answers 400.
package enum HTTPRequestEncoder {
    /// The whole request. `Content-Length` stands there if there is a body or the method suggests one.
    package static func whole(_ request: HTTPRequest) -> [UInt8] {
        var writer = head(request, reserving: request.body.count)
        if !request.body.isEmpty || request.method.anticipatesContent {
            writer.field("Content-Length", String(request.body.count))
        }
        writer.lineEnd()
        writer.content(request.body)
        return writer.bytes
    }

    /// The whole request with its body in chunks of at most `chunkBytes`, at least 1. HTTP/1.1 only.
    package static func chunked(_ request: HTTPRequest, chunkBytes: Int) -> [UInt8] {
        precondition(chunkBytes > 0, "a chunk has content")
        precondition(request.version == .http11, "HTTP/1.0 has no chunks")
        var writer = head(request, reserving: request.body.count * 2)
        writer.field("Transfer-Encoding", "chunked")
        writer.lineEnd()
        var rest = request.body[...]
        while !rest.isEmpty {
            writer.content(MessageWriter.chunk(Array(rest.prefix(chunkBytes))))
            rest = rest.dropFirst(chunkBytes)
        }
        writer.content(MessageWriter.lastChunk)
        return writer.bytes
    }

    private static func head(_ request: HTTPRequest, reserving: Int) -> MessageWriter {
        precondition(HTTPMethod(request.method.token) == request.method, "a method is a token")
        var writer = MessageWriter(reserving: reserving)
        writer.text("\(request.method.token) \(request.target) \(request.version.rawValue)")
        writer.lineEnd()
        writer.fields(request.headers, without: ["content-length", "transfer-encoding"])
        return writer
    }
}

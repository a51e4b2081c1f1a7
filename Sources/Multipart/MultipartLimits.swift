/// How much of everything one form may have. The caller that knows its forms sets less.
package struct MultipartLimits: Sendable {
    /// Parts of one form; work for each.
    package var maxParts = 32
    /// Bytes of one part's header lines, their CR LF included.
    package var maxHeaderBytes = 4 * 1024
    /// Header lines of one part. Browsers send two.
    package var maxHeaderFields = 8
    /// Bytes of one part's content: the largest slip image that providers take.
    package var maxPartBytes = 4 * 1024 * 1024
    /// Bytes of the whole body, delimiters and what stands around them included.
    package var maxBodyBytes = 5 * 1024 * 1024

    package init() {}
}

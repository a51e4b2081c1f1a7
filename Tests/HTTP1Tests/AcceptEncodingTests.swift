import HTTP1
import Testing

@Suite("Accept-Encoding (RFC 9110 §12.5.3)")
struct AcceptEncodingTests {
    @Test(
        "gzip for who takes it at least as gladly as nothing",
        arguments: [
            "gzip", "GZIP", "x-gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*", "*;q=0.5",
            "gzip;q=0.001", "deflate , gzip ; q=1.000", "identity;q=0.5, gzip;q=0.5", "identity;q=0, *;q=0.1",
            "gzip;Q=0.3", "gzip, *;q=0", "identity;q=0, gzip", "gzip;q=1.", "identity;q=0.2, gzip;q=0.3", ", gzip",
        ])
    func gzip(value: String) { #expect(AcceptEncoding([value]).preferred == .gzip) }

    @Test(
        "and for nobody else",
        arguments: [
            "", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.000", "gzip;q=0, *", "*;q=0", "identity;q=0",
            "gzip;q=0.4, identity;q=0.5", "gzip;q=0.5, identity", "gzip;q=2", "gzip;q=-1", "gzip;q=1.001",
            "gzip;q=0.0001",
            "gzip;q=.5", "gzip;q", "gzip;q=", "gzip;level=9", "gzip;q=1;x=1", "gzi p", "gzipped", "gzip;q=0, gzip;q=1",
            "gzip; q =1", "gzip;q= 1",
        ])
    func identity(value: String) { #expect(AcceptEncoding([value]).preferred == .identity) }

    @Test func fieldLinesAreOneList() {
        #expect(AcceptEncoding(["br", "gzip"]).preferred == .gzip)
        #expect(AcceptEncoding(["gzip;q=0.1", "identity"]).preferred == .identity)
        #expect(AcceptEncoding([]).preferred == .identity)
    }

    @Test func plainContentIsExcludedByItsNameOrByAllThatIsNotNamed() {
        for value in ["identity;q=0", "*;q=0", "gzip, *;q=0", "identity;q=0.000, *"] {
            #expect(AcceptEncoding([value]).excludesIdentity, "\(value)")
        }
        for value in ["", "gzip", "*;q=0, identity;q=0.1", "identity", "gzip;q=0", "*"] {
            #expect(!AcceptEncoding([value]).excludesIdentity, "\(value)")
        }
    }
}

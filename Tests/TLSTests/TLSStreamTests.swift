import COpenSSL
import Glibc
import Primitives
import Reactor
import TLS
import TestSupport
import Testing

@Suite("TLS over a socket (RFC 8446, RFC 5246)")
struct TLSStreamTests {
    private let certificates: TestCertificates

    init() throws { certificates = try TestCertificates.shared.get() }

    private func offer(_ change: (inout ClientTLS.Offer) -> Void = { _ in }) -> ClientTLS.Offer {
        var offer = certificates.offer
        change(&offer)
        return offer
    }

    private func world(
        kind: LocalAuthority.KeyKind = .p256, _ change: (inout ClientTLS.Offer) -> Void = { _ in }
    ) throws -> StreamWorld {
        try StreamWorld(certificates.context(kind: kind), offer(change))
    }

    // MARK: The handshake

    @Test(arguments: [(TLS1_2_VERSION, "TLSv1.2"), (TLS1_3_VERSION, "TLSv1.3")])
    func bothVersionsCarryBytesBothWays(version: Int32, name: String) throws {
        let world = try world { ($0.minVersion, $0.maxVersion) = (version, version) }
        #expect(world.shakeHands())
        #expect(world.stream.version == name && world.client.tls?.version == name)
        world.client.send("ping")
        #expect(world.until { world.text == "ping" })
        #expect(world.send("pong") == .moved(4))
        #expect(world.until { world.client.text == "pong" })
        #expect(!world.stream.isResumed && world.stream.violation == nil)
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func clientsFindTheNameThatTheyAskedFor(host: String) throws {
        let world = try world { $0.host = host }
        #expect(world.shakeHands())
    }

    @Test func aCertificateOfAnAuthorityThatIsNotTrustedIsTheClientsChoiceNotAViolation() throws {
        let stranger = try TestCertificates()
        let world = try StreamWorld(certificates.context(), stranger.offer)
        #expect(world.until { world.end != nil })
        #expect(world.client.tls?.failure == "certificate verify failed")
        #expect(world.end != .ended && world.stream.violation == nil)
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    ]) func modernCiphersOfTLS12AreSpoken(cipher: String) throws {
        let world = try world {
            $0.maxVersion = TLS1_2_VERSION
            $0.ciphers = cipher
        }
        #expect(world.shakeHands())
        #expect(world.client.tls?.cipher == cipher)
    }

    @Test func aChainWithAnRSAKeyWorksToo() throws {
        let world = try world(kind: .rsa2048) {
            $0.maxVersion = TLS1_2_VERSION
            $0.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"
        }
        #expect(world.shakeHands())
    }

    // MARK: What is refused

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION]) func oldVersionsAreRefused(version: Int32) throws {
        let world = try world(kind: .rsa2048) {
            ($0.minVersion, $0.maxVersion) = (version, version)
            $0.ciphers = "ALL:@SECLEVEL=0"
        }
        #expect(world.until { world.end != nil })
        #expect(world.stream.violation?.reason == "unsupported protocol")
        world.until { world.client.tls?.isOver == true }
        #expect(world.client.tls?.failure == "tlsv1 alert protocol version")
    }

    @Test(arguments: [
        "AES128-SHA", "AES256-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256",
        "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256",
    ]) func weakCiphersAreRefusedToRSAClients(cipher: String) throws {
        let world = try world(kind: .rsa2048) {
            $0.maxVersion = TLS1_2_VERSION
            $0.ciphers = cipher + ":@SECLEVEL=0"
        }
        #expect(world.until { world.end != nil })
        #expect(world.stream.violation?.reason == "no shared cipher")
        world.until { world.client.tls?.isOver == true }
        #expect(world.client.tls?.failure == "sslv3 alert handshake failure")
    }

    /// What this machine's OpenSSL cannot even offer, so the hello is written by hand: RC4, 3DES, export, NULL, anonymous.
    @Test(arguments: [0x0005, 0x000A, 0x0003, 0x0002, 0x0034, 0xC011, 0xC012])
    func ciphersOfThePastAreRefused(suite: Int) throws {
        let world = try StreamWorld(certificates.context(kind: .rsa2048), nil)
        world.client.send(clientHello(suite: UInt16(suite)))
        #expect(world.until { world.end != nil })
        #expect(world.stream.violation?.reason == "no shared cipher")
        // A fatal alert: handshake_failure (RFC 5246 §7.2).
        #expect(world.until { world.client.received == [21, 3, 3, 0, 2, 2, 40] })
    }

    private func clientHello(suite: UInt16) -> [UInt8] {
        let random = [UInt8](repeating: 0x5A, count: 32)
        // supported_groups: X25519, P-256; signature_algorithms: RSA with SHA-256.
        let extensions: [UInt8] =
            [0, 10, 0, 6, 0, 4, 0, 29, 0, 23] + [0, 11, 0, 2, 1, 0] + [0, 13, 0, 6, 0, 4, 4, 1, 8, 4]
        let body: [UInt8] =
            [3, 3] + random + [0] + [0, 2, UInt8(suite >> 8), UInt8(suite & 255)] + [1, 0]
            + [0, UInt8(extensions.count)] + extensions
        let handshake: [UInt8] = [1, 0, 0, UInt8(body.count)] + body
        return [22, 3, 1, 0, UInt8(handshake.count)] + handshake
    }

    @Test func theHelloWrittenByHandIsGoodButForItsCipher() throws {
        let world = try StreamWorld(certificates.context(kind: .rsa2048), nil)
        world.client.send(clientHello(suite: 0xC02F))
        // A handshake record: the server's hello.
        #expect(world.until { world.client.received.starts(with: [22, 3, 3]) })
        #expect(world.end == nil)
    }

    @Test func plainHTTPIsAViolationThatSaysSo() throws {
        let world = try StreamWorld(certificates.context(), nil)
        world.client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(world.until { world.end != nil })
        #expect(world.stream.violation?.reason == "http request")
    }

    @Test func afterAViolationNothingIsSentAndTheRestIsReadUntilItsEnd() throws {
        let world = try StreamWorld(certificates.context(), nil)
        world.client.send("hello, is this the right door?\r\n")
        #expect(world.until { world.end != nil })
        #expect(world.send("no") != .moved(2))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
        defer { buffer.deallocate() }
        world.client.send("anybody?")
        #expect(world.stream.receive(into: buffer) == .wouldBlock)
        #expect(buffer.prefix(8).elementsEqual("anybody?".utf8), "read, and not handed out")
        world.client.halfClose()
        #expect(world.stream.receive(into: buffer) == .ended)
    }

    @Test func aRecordThatWasChangedOnItsWayIsAViolation() throws {
        let world = try world { $0.maxVersion = TLS1_3_VERSION }
        world.shakeHands()
        let tls = try #require(world.client.tls)
        tls.write(Array("attack at dawn".utf8))
        var record = tls.takeOutput()
        record[record.count - 1] ^= 1
        world.client.sendRaw(record)
        #expect(world.until { world.end != nil })
        #expect(world.received.isEmpty)
        #expect(world.stream.violation?.reason == "decryption failed or bad record mac")
    }

    @Test func renegotiationIsRefused() throws {
        let world = try world { $0.maxVersion = TLS1_2_VERSION }
        world.shakeHands()
        let tls = try #require(world.client.tls)
        let serial = tls.serial
        tls.renegotiate()
        world.until { tls.isOver }
        // A client may leave then or go on with what there is; OpenSSL's leaves.
        #expect(tls.failure == "no renegotiation" && tls.serial == serial)
    }

    // MARK: ALPN (RFC 7301)

    @Test(arguments: [["http/1.1"], ["h2", "http/1.1"], ["http/1.1", "h2"]])
    func http11IsChosen(protocols: [String]) throws {
        let world = try world { $0.protocols = protocols }
        #expect(world.shakeHands())
        #expect(world.client.tls?.chosenProtocol == "http/1.1")
    }

    @Test func nothingIsChosenForWhoOffersNothing() throws {
        let world = try world()
        #expect(world.shakeHands())
        #expect(world.client.tls?.chosenProtocol == nil)
    }

    @Test(arguments: [["h2"], ["http/1.0"], ["http/1.1x", "ttp/1.1"]])
    func whoOffersOnlySomethingElseGetsAnAlert(protocols: [String]) throws {
        let world = try world { $0.protocols = protocols }
        #expect(world.until { world.client.tls?.isOver == true && world.end != nil })
        #expect(world.client.tls?.failure == "tlsv1 alert no application protocol")
        #expect(world.stream.violation?.reason == "no application protocol")
    }

    // MARK: Resumption

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION]) func aTicketShortensTheNextHandshake(version: Int32) throws {
        let time = VirtualTime()
        let context = try certificates.context(time: time)
        let offer = offer { ($0.minVersion, $0.maxVersion) = (version, version) }

        func connect(_ session: ClientTLS.Session?) throws -> (isResumed: Bool, session: ClientTLS.Session?) {
            var offer = offer
            offer.session = session
            let world = try StreamWorld(context, offer)
            #expect(world.shakeHands())
            _ = world.send("x")
            #expect(world.until { world.client.text == "x" })
            #expect(world.client.tls?.isResumed == world.stream.isResumed)
            return (world.stream.isResumed, world.client.tls?.session)
        }

        let first = try connect(nil)
        #expect(!first.isResumed)
        #expect(first.session?.ticketLifetimeSeconds == 21_600)
        let second = try connect(first.session)
        #expect(second.isResumed)
        // Sealed with the key before the current one.
        time.advance(by: .seconds(21_600))
        #expect(try connect(first.session).isResumed)
        time.advance(by: .seconds(21_600))
        #expect(try !connect(first.session).isResumed)
    }

    @Test func aTicketOfAnotherContextIsAFullHandshake() throws {
        let world = try world()
        world.shakeHands()
        _ = world.send("x")
        world.until { world.client.text == "x" }
        let session = world.client.tls?.session
        let other = try self.world { $0.session = session }
        #expect(other.shakeHands())
        #expect(!other.stream.isResumed)
    }

    // MARK: Bytes

    @Test func recordsThatComeByteByByteAreWhole() throws {
        let world = try StreamWorld(certificates.context(), offer())
        world.client.maxWrite = 1
        #expect(world.shakeHands())
        world.client.send("one byte at a time")
        #expect(world.until { world.text == "one byte at a time" })
    }

    @Test func bytesInsideOpenSSLAreNotForgotten() throws {
        let world = try StreamWorld(certificates.context(), offer(), bufferBytes: 1000)
        world.shakeHands()
        world.reads = false
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { buffer.deallocate() }
        world.client.send([UInt8](repeating: 7, count: 2_500))
        world.until { world.client.unsentCount == 0 }
        var counts: [Int] = []
        var unread: [Bool] = []
        world.until {
            if case .moved(let count) = world.stream.receive(into: buffer) {
                counts.append(count)
                unread.append(world.stream.hasUnread)
            }
            return counts.reduce(0, +) == 2_500
        }
        #expect(counts == [1000, 1000, 500])
        #expect(unread == [true, true, false], "the kernel has nothing more to tell of")
    }

    @Test func anEndBehindBytesIsNotForgotten() throws {
        let world = try world()
        world.shakeHands()
        world.reads = false
        let tls = try #require(world.client.tls)
        tls.write(Array("last words".utf8))
        tls.closeNotify()
        world.client.poll()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { buffer.deallocate() }
        var result = TransferResult.wouldBlock
        world.until {
            result = world.stream.receive(into: buffer)
            return result != .wouldBlock
        }
        #expect(result == .moved(10) && world.stream.hasUnread)
        #expect(world.stream.receive(into: buffer) == .ended)
    }

    @Test func aFullSocketTakesTheSameBytesLater() throws {
        let world = try world()
        world.shakeHands()
        world.client.reads = false
        let bytes = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var sent = 0
        var blocked = 0
        while blocked < 3 {
            switch bytes[sent...].withUnsafeBytes({ world.stream.send($0) }) {
            case .moved(let count):
                #expect(count <= 16_384)
                sent += count
            case .wouldBlock:
                blocked += 1
                #expect(world.stream.sendAwaits == .writable)
            default: Issue.record("not sent")
            }
        }
        #expect(sent < bytes.count)
        world.client.reads = true
        #expect(
            world.until {
                // From another address, with more behind.
                let rest = Array(bytes[sent...])
                if !rest.isEmpty, case .moved(let count) = world.send(Array(rest.prefix(20_000))) { sent += count }
                return world.client.received.count == bytes.count
            })
        #expect(world.client.received == bytes)
    }

    @Test func keysChangeWithoutAnybodyNoticing() throws {
        let world = try world()
        world.shakeHands()
        let tls = try #require(world.client.tls)
        for round in 0..<5 {
            tls.updateKeys()
            world.client.send("\(round)")
            #expect(world.until { world.text.hasSuffix("\(round)") })
            _ = world.send("\(round)")
            #expect(world.until { world.client.text.hasSuffix("\(round)") })
        }
    }

    @Test func aFloodOfNewKeysIsReadInSteps() throws {
        let world = try world()
        world.shakeHands()
        world.reads = false
        let tls = try #require(world.client.tls)
        for _ in 0..<3_000 { tls.updateKeys() }
        world.client.send("after the flood")
        world.until { world.client.unsentCount == 0 }
        var peeked = [UInt8](repeating: 0, count: 1)
        #expect(world.until { recv(world.stream.descriptor, &peeked, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 1 })
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { buffer.deallocate() }
        #expect(world.stream.receive(into: buffer) == .wouldBlock)
        #expect(
            recv(world.stream.descriptor, &peeked, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 1,
            "one call may not take all that a peer sends")
        world.reads = true
        #expect(world.until { world.text == "after the flood" })
    }

    // MARK: The end

    @Test func closeNotifyComesBeforeTheEndOfTheStream() throws {
        let world = try world()
        world.shakeHands()
        _ = world.send("bye")
        #expect(world.stream.shutdownWrite() == .moved(0))
        #expect(world.until { world.client.isEnded })
        #expect(world.client.text == "bye" && world.client.tls?.isCloseNotified == true)
        // Only one of them.
        #expect(world.stream.shutdownWrite() == .moved(0) && world.client.tls?.failure == nil)
    }

    @Test func closeNotifyWaitsForRoomAndTheEndOfTheStreamForIt() throws {
        let world = try world()
        world.shakeHands()
        world.client.reads = false
        // The kernel's buffers are filled below TLS, so that there is no room for a record.
        let filling = [UInt8](repeating: 0, count: 65_536)
        while send(world.stream.descriptor, filling, filling.count, Int32(MSG_DONTWAIT)) > 0 {}
        while send(world.stream.descriptor, filling, 1, Int32(MSG_DONTWAIT)) > 0 {}
        #expect(world.stream.shutdownWrite() == .wouldBlock && world.stream.sendAwaits == .writable)
        world.client.reads = true
        #expect(world.until { world.stream.shutdownWrite() == .moved(0) })
        #expect(world.until { world.client.isEnded })
    }

    @Test func theOtherSideIsStillHeardAfterOurs() throws {
        let world = try world()
        world.shakeHands()
        #expect(world.stream.shutdownWrite() == .moved(0))
        world.until { world.client.isEnded }
        world.client.send("wait")
        #expect(world.until { world.text == "wait" })
        world.client.halfClose()
        #expect(world.until { world.end == .ended })
    }

    @Test func whoEndedMayStillBeAnswered() throws {
        let world = try world()
        world.shakeHands()
        world.client.send("question")
        world.client.halfClose()
        #expect(world.until { world.end == .ended })
        #expect(world.send("answer") == .moved(6))
        #expect(world.until { world.client.text == "answer" })
    }

    @Test func anEndWithoutCloseNotifyIsAnEnd() throws {
        let world = try world()
        world.shakeHands()
        world.client.halfCloseRaw()
        #expect(world.until { world.end == .ended })
        #expect(world.send("still here?") == .moved(11))
        #expect(world.until { world.client.text == "still here?" })
    }

    @Test func anEndWithinTheHandshakeIsAnEndAndNoViolation() throws {
        let world = try StreamWorld(certificates.context(), nil)
        world.client.send([22, 3, 1])
        world.client.halfClose()
        #expect(world.until { world.end != nil })
        #expect(world.stream.violation == nil && !world.stream.isHandshakeComplete)
        #expect(world.stream.shutdownWrite() == .moved(0), "there is nothing to notify")
        #expect(world.until { world.client.isEnded })
        #expect(world.client.received.isEmpty)
    }

    @Test func whatComesAfterTheEndDoesNotCountAndAResetIsSeen() throws {
        let world = try world()
        world.shakeHands()
        let tls = try #require(world.client.tls)
        tls.closeNotify()
        #expect(world.until { world.end == .ended })
        world.client.sendRaw(Array("more".utf8))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { buffer.deallocate() }
        #expect(world.stream.receive(into: buffer) == .ended)
        world.client.close(reset: true)
        var result = TransferResult.ended
        world.until {
            result = world.stream.receive(into: buffer)
            return result != .ended
        }
        #expect(result == .failed(SystemError(104)))
    }

    @Test func aResetIsAFailureNotAViolation() throws {
        let world = try world()
        world.shakeHands()
        world.client.close(reset: true)
        #expect(world.until { world.end != nil })
        #expect(world.end == .failed(SystemError(104)) && world.stream.violation == nil)
        #expect(world.send("hello?") != .moved(6))
    }
}

import Glibc
import Testing

@testable import LoadHarness

@Suite("Command line")
struct CommandLineTests {
    private let options: [CommandLineOptions.Option] = [
        .init("rate", "R", "a number"), .init("duration", "D", "a time"), .init("quiet", nil, "a flag"),
    ]

    @Test("Options stand before, behind and between what is no option")
    func reads() throws {
        let read = try CommandLineOptions(["chat", "--rate", "5.5", "--quiet", "--duration=5m", "-"], options)
        #expect(read.operands == ["chat", "-"] && read.has("quiet") && !read.wantsHelp)
        #expect(try read.number("rate", in: 0...10) == 5.5)
        #expect(try read.duration("duration", in: 1...3600) == 300)
        #expect(try CommandLineOptions(["-h"], options).wantsHelp)
    }

    @Test(
        "What it does not know is refused",
        arguments: [["--rat", "5"], ["--rate"], ["--quiet=1"], ["--rate", "1", "--rate", "2"], ["-r"]])
    func refuses(_ arguments: [String]) {
        #expect(throws: LoadFailure.self) { try CommandLineOptions(arguments, options) }
    }

    @Test("Values are held to their ranges")
    func ranges() throws {
        let read = try CommandLineOptions(["--rate", "11", "--duration", "2x"], options)
        #expect(throws: LoadFailure.self) { try read.number("rate", in: 0...10) }
        #expect(throws: LoadFailure.self) { try read.integer("rate", in: 0...10) }
        #expect(throws: LoadFailure.self) { try read.duration("duration", in: 1...10) }
    }

    @Test("Times have units")
    func durations() {
        #expect(CommandLineOptions.seconds("30") == 30 && CommandLineOptions.seconds("1.5s") == 1.5)
        #expect(CommandLineOptions.seconds("2m") == 120 && CommandLineOptions.seconds("1h") == 3600)
        #expect(CommandLineOptions.seconds("") == nil && CommandLineOptions.seconds("s") == nil)
        #expect(CommandLineOptions.seconds("-5") == nil && CommandLineOptions.seconds("1e9") == nil)
    }
}

@Suite("Process sample")
struct ProcessSampleTests {
    @Test("A process' name may contain what separates the fields")
    func names() {
        let stat = "12 (a) b (c) S 1 12 12 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 100 1000 50"
        #expect(ProcessSample.processorSeconds(Array(stat.utf8)) == 3)
        #expect(ProcessSample.processorSeconds(Array("12 (a S 1".utf8)) == nil)
        #expect(ProcessSample.processorSeconds([]) == nil)
    }

    @Test("This process has used memory")
    func own() throws {
        #expect(try #require(ProcessSample(pid: Int(getpid()))).residentKiB > 100)
    }
}

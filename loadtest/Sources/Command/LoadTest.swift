internal import Glibc
internal import LoadHarness

@main
enum LoadTest {
    static func main() { exit(LoadTestCommand.main(Array(CommandLine.arguments.dropFirst()))) }
}

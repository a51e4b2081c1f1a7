import Glibc

do {
    // `sala-benchmarks slip-images FILE…`
    if CommandLine.arguments.dropFirst().first == "slip-images" {
        try slipImageBenchmark(Array(CommandLine.arguments.dropFirst(2)))
        exit(0)
    }
    let isLean = try allocationBenchmark()
    let isFast = try journalBenchmark()
    exit(isLean && isFast ? 0 : 1)
} catch {
    print("benchmark failed: \(error)")
    exit(1)
}

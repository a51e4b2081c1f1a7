import FuzzTargets
import Glibc

#if FUZZING
    /// libFuzzer starts itself again to merge, with its own options only; the target is left to it in the environment.
    private let targetVariable = "SALA_FUZZ_TARGET"

    /// A C function has no context. Written before libFuzzer begins, which has one thread.
    nonisolated(unsafe) private var searched: FuzzTarget?

    /// Called by libFuzzer's `main` first. Every command but `search` is carried out here, and is the end; of `search` libFuzzer
    /// gets the options.
    @_cdecl("LLVMFuzzerInitialize")
    func initialize(
        _ count: UnsafeMutablePointer<CInt>,
        _ values: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
    ) -> CInt {
        if let name = getenv(targetVariable) {
            searched = FuzzTarget.named(String(cString: name))
            return 0
        }
        do { searched = try Fuzz.run(CommandLine.arguments) } catch { Fuzz.fail("\(error)") }
        guard let target = searched else { exit(EX_OK) }
        setenv(targetVariable, target.name, 1)
        let own = 2
        count.pointee -= CInt(own)
        for index in 1...Int(count.pointee) { values.pointee[index] = values.pointee[index + own] }
        return 0
    }

    /// Ends the process at an input that breaks the property: libFuzzer keeps it.
    @_cdecl("LLVMFuzzerTestOneInput")
    func checkOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        do { try searched?.check(Array(UnsafeBufferPointer(start: bytes, count: count))) } catch {
            print("violated: \(error)")
            fflush(nil)
            abort()
        }
        return 0
    }
#else
    @main
    enum Main {
        static func main() throws {
            guard try Fuzz.run(CommandLine.arguments) != nil else { return }
            Fuzz.fail("built without a fuzzer: scripts/fuzz.sh builds it with one")
        }
    }
#endif

@testable import Config

/// Any bytes as a configuration: never a trap, never a hang, and a snapshot exactly when there is
/// no error.
///
/// `${file:}` may name any file of the machine: reading is bounded, and only regular files are
/// read.
@c(LLVMFuzzerTestOneInput)
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let environment = ["A": "1", "B": "*:8080", "SECRET": "fuzzed secret"]
    let result = Loading.load(bytes: bytes, path: "fuzz.yaml", environment: environment)
    let hasErrors = result.problems.contains { $0.severity == .error }
    precondition((result.snapshot == nil) == hasErrors)
    for problem in result.problems {
        precondition(problem.line >= 1 && problem.column >= 1)
        precondition(!problem.text.utf8.contains(0x0a))
    }
    return 0
}

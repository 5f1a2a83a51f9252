/// libFuzzer's entry: one input, decoded and compared with the oracle of the unit tests; any disagreement is a crash.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    do {
        try FuzzCase(input).check()
    } catch {
        fatalError("\(error)")
    }
    return 0
}

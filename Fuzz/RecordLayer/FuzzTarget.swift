/// libFuzzer's entry: one stream of records, read whole and in pieces; any disagreement is a crash.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    do {
        try RecordFuzzCase(input).check()
    } catch {
        fatalError("\(error)")
    }
    return 0
}

internal import CLinux

/// Tells how much memory this process holds, also from inside a jail: what it needs is opened when it is made.
public final class ProcessMeter {
    private let statistics: Descriptor?
    private let pageBytes: Int64

    /// A meter of the calling process; to be made before it confines itself.
    public init() {
        let number = unsafe clinux_open("/proc/self/statm", 0, 0)
        statistics = number >= 0 ? Descriptor(owning: number) : nil
        pageBytes = clinux_page_bytes()
    }

    /// Resident memory in bytes, 0 when the kernel does not tell.
    public var residentBytes: Int64 {
        guard let statistics else { return 0 }
        var text = [UInt8](repeating: 0, count: 128)
        let count = unsafe text.withUnsafeMutableBytes {
            unsafe clinux_read_at(statistics.number, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { return 0 }
        // Sizes in pages: total, resident, …
        let fields = text[..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int64(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageBytes)
        return overflow ? 0 : bytes
    }
}

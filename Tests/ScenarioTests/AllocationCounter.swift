// A library that counts allocations (Tests/AllocationCounter), built by the tests and loaded before the daemon's own.
import Bytes
import Glibc
import System
import TestSupport

/// Counts what a program allocates, for as long as this value's directory is there.
struct AllocationCounter {
    /// The counts at one moment, as counter.h has them.
    struct Counts: Equatable {
        var process: UInt64 = 0
        /// Allocations by everybody but OpenSSL.
        var own: UInt64 = 0
        /// Allocations by libssl and libcrypto.
        var openSSL: UInt64 = 0
        var releases: UInt64 = 0
        var bytesAllocated: UInt64 = 0
        var bytesReleased: UInt64 = 0

        /// Bytes in blocks that were not given back.
        var live: Int { Int(bytesAllocated) - Int(bytesReleased) }
    }

    /// The places in counter.h.
    private enum Layout {
        static let chainsWanted = 48
        static let chains = 64
        static let chainCount = 64
        static let frameText = 128
        static let framesInChain = 14
        static let chainBytes = 16 + framesInChain * frameText
        static let fileBytes = chains + chainCount * chainBytes
    }

    let library: String
    let file: String

    /// Builds the library in `directory`.
    init(in directory: String) throws {
        library = "\(directory)/counter.so"
        file = "\(directory)/allocations"
        let tests = "\(#filePath)".split(separator: "/").dropLast(2).joined(separator: "/")
        let messages = "\(directory)/compiler"
        // A compiler for C comes with Swift. Without tail calls, so that a call returns to who made it.
        let compiler = try ChildProcess(
            "/usr/bin/env",
            [
                "clang", "-std=c11", "-O2", "-shared", "-fPIC", "-fno-optimize-sibling-calls", "-o", library,
                "/\(tests)/AllocationCounter/counter.c",
            ], output: messages, errors: messages)
        guard compiler.waitForExit(within: .seconds(60)) == 0 else {
            let words = (try? File.read(messages)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw HarnessError("the counter of allocations can't be built: \(words)")
        }
        try File.write([UInt8](repeating: 0, count: Layout.fileBytes), to: file, permissions: 0o600)
    }

    /// What a program needs in its environment to be counted.
    var environment: [String: String] { ["LD_PRELOAD": library, "SECURE_PROXY_ALLOCATIONS": file] }

    /// The counts as they are now.
    var counts: Counts {
        get throws {
            let bytes = try File.read(file)
            func number(_ index: Int) -> UInt64 { Self.number(bytes, at: index * 8) }
            return Counts(
                process: number(0), own: number(1), openSSL: number(2), releases: number(3), bytesAllocated: number(4),
                bytesReleased: number(5))
        }
    }

    /// The counts once they have not changed for a while: what follows a connection's end has then happened.
    func settled(within timeout: Duration = .seconds(20)) throws -> Counts {
        let deadline = Deadline(in: timeout)
        var last = try counts
        var quietLooks = 0
        while quietLooks < 10 {
            guard !deadline.hasPassed else { throw HarnessError("allocations go on and on: \(last)") }
            deadline.pause(.milliseconds(20))
            let now = try counts
            quietLooks = now == last ? quietLooks + 1 : 0
            last = now
        }
        return last
    }

    // MARK: Who allocates

    /// Has the call chains of the next allocations kept, OpenSSL's left out.
    func watch() throws {
        let descriptor = unsafe open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HarnessError("\(file) can't be opened") }
        defer { close(descriptor) }
        let wanted: [UInt8] = [UInt8(Layout.chainCount), 0, 0, 0, 0, 0, 0, 0]
        // First how many were taken, then how many are wanted: from then on they are taken.
        let places = [(Layout.chainsWanted + 8, [UInt8](repeating: 0, count: 8)), (Layout.chainsWanted, wanted)]
        for (place, bytes) in places {
            guard unsafe pwrite(descriptor, bytes, bytes.count, off_t(place)) == bytes.count else {
                throw HarnessError("\(file) can't be written")
            }
        }
    }

    /// The chains kept since, each once, with how often it came. Places in a program without a name are for
    /// `llvm-symbolizer --obj=PROGRAM OFFSET`.
    func chains() throws -> String {
        let bytes = try File.read(file)
        var seen: [String: Int] = [:]
        for index in 0..<Layout.chainCount {
            let start = Layout.chains + index * Layout.chainBytes
            let length = min(Int(Self.number(bytes, at: start)), Layout.framesInChain)
            guard length > 0 else { continue }
            var words = "\(Self.number(bytes, at: start + 8)) bytes for"
            for frame in 0..<length {
                let place = start + 16 + frame * Layout.frameText
                let text = bytes[place..<place + Layout.frameText].prefix { $0 != 0 }
                words += "\n    " + String(decoding: text, as: UTF8.self)
            }
            seen[words, default: 0] += 1
        }
        return seen.sorted { $0.value > $1.value }.map { "\($0.value) times \($0.key)" }.joined(separator: "\n")
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        guard offset + 8 <= bytes.count else { return 0 }
        return bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

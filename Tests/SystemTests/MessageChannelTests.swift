import CLinux
import Glibc
import System
import Testing

@Suite struct MessageChannelTests {
    private func message(_ channel: MessageChannel) throws -> ([UInt8], [Descriptor]) {
        guard case .message(let bytes, let descriptors) = try channel.receive() else {
            Issue.record("no message")
            return ([], [])
        }
        return (bytes, descriptors)
    }

    private func isEnded(_ channel: MessageChannel) throws -> Bool {
        if case .ended = try channel.receive() { return true }
        return false
    }

    private func isEmpty(_ channel: MessageChannel) throws -> Bool {
        if case .nothing = try channel.receive() { return true }
        return false
    }

    @Test func messagesKeepTheirBordersBothWays() throws {
        let (mine, end) = try MessageChannel.pair()
        let theirs = MessageChannel(owning: end)
        #expect(try isEmpty(theirs))
        #expect(try mine.send([1, 2, 3]))
        #expect(try mine.send([4]))
        #expect(try theirs.send([5]))
        #expect(try message(theirs).0 == [1, 2, 3])
        #expect(try message(theirs).0 == [4])
        #expect(try message(mine).0 == [5])
        #expect(try isEmpty(theirs))
    }

    @Test func theLongestMessageFitsAndALongerOneIsRefused() throws {
        let (mine, end) = try MessageChannel.pair()
        let theirs = MessageChannel(owning: end)
        let longest = (0..<MessageChannel.maxMessageBytes).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try mine.send(longest))
        #expect(try message(theirs).0 == longest)
        #expect(throws: SystemError("send", code: 90)) { try mine.send(longest + [0]) }
        #expect(throws: SystemError("send", code: 22)) { try mine.send([]) }
    }

    @Test func descriptorsArriveOpenAndCloseOnExec() throws {
        let (mine, end) = try MessageChannel.pair()
        let theirs = MessageChannel(owning: end)
        let memory = try SealedMemory.make([7, 8], name: "passed")
        #expect(try mine.send([1], descriptors: [Int32](repeating: memory.number, count: 16)))
        memory.close()
        let (_, received) = try message(theirs)
        #expect(received.count == 16)
        for descriptor in received {
            #expect(try SealedMemory.read(descriptor.number) == [7, 8])
            #expect(fcntl(descriptor.number, F_GETFD) == FD_CLOEXEC)
        }
    }

    @Test func tooManyDescriptorsAreRefused() throws {
        let (mine, end) = try MessageChannel.pair()
        #expect(throws: SystemError("sendmsg", code: 7)) {
            try mine.send([1], descriptors: [Int32](repeating: end.number, count: 17))
        }
        #expect(throws: SystemError("sendmsg", code: 9)) { try mine.send([1], descriptors: [-1]) }
    }

    @Test func whatAStrangerSendsTooMuchOfLeavesNothingOpen() throws {
        let (mine, end) = try MessageChannel.pair(takesDescriptors: true)
        let marker = try SealedMemory.make([1], name: "stranger-\(ThisProcess.id)")
        let before = openDescriptors(containing: "stranger-")
        // More descriptors than fit, then a longer message than fits: sent past the library.
        try sendRaw(end.number, byteCount: 1, descriptors: [Int32](repeating: marker.number, count: 40))
        #expect(throws: SystemError("recvmsg", code: 90)) { try mine.receive() }
        try sendRaw(end.number, byteCount: MessageChannel.maxMessageBytes + 1, descriptors: [marker.number])
        #expect(throws: SystemError("recvmsg", code: 90)) { try mine.receive() }
        #expect(openDescriptors(containing: "stranger-") == before)
        // The channel still works.
        try sendRaw(end.number, byteCount: 2, descriptors: [])
        #expect(try message(mine).0.count == 2)
    }

    @Test func anEmptyMessageIsTheEndAndItsDescriptorsAreClosed() throws {
        let (mine, end) = try MessageChannel.pair(takesDescriptors: true)
        let marker = try SealedMemory.make([1], name: "emptiness-\(ThisProcess.id)")
        try sendRaw(end.number, byteCount: 0, descriptors: [marker.number])
        #expect(try isEnded(mine))
        #expect(openDescriptors(containing: "emptiness-") == 1)
        withExtendedLifetime(marker) {}
    }

    /// Whether the kernel refuses on behalf of a receiver (6.16).
    private static let kernelRefuses: Bool = {
        guard let (_, end) = try? MessageChannel.pair() else { return false }
        return clinux_channel_refuse_descriptors(end.number) == 0
    }()

    @Test(.enabled(if: kernelRefuses, "needs SO_PASSRIGHTS"))
    func whoeverTakesNoDescriptorsIsSentNone() throws {
        let (mine, end) = try MessageChannel.pair()
        let theirs = MessageChannel(owning: end)
        #expect(throws: SystemError("sendmsg", code: Errno.notPermitted)) {
            try theirs.send([1], descriptors: [theirs.number])
        }
        #expect(try isEmpty(mine))
        // Bytes pass, and descriptors the other way.
        #expect(try theirs.send([2]))
        #expect(try message(mine).0 == [2])
        #expect(try mine.send([3], descriptors: [mine.number]))
        #expect(try message(theirs).1.count == 1)

        let (one, other) = try MessageChannel.ends()
        for end in [MessageChannel(owning: one), MessageChannel(owning: other)] {
            #expect(throws: SystemError("sendmsg", code: Errno.notPermitted)) {
                try end.send([1], descriptors: [mine.number])
            }
            #expect(try end.send([1]))
        }
    }

    @Test func theEndComesAfterWhatWasSent() throws {
        let (mine, end) = try MessageChannel.pair()
        let theirs = MessageChannel(owning: end)
        #expect(try theirs.send([1]))
        #expect(try mine.send([2]))  // never received: the kernel reports a reset for it
        theirs.close()
        #expect(try message(mine).0 == [1])
        #expect(try isEnded(mine))
        #expect(try isEnded(mine))
        #expect(throws: SystemError("send", code: Errno.brokenPipe)) { try mine.send([3]) }
    }

    @Test func aFullChannelSaysSoAndLosesNothing() throws {
        let (mine, end) = try MessageChannel.pair()
        let theirs = MessageChannel(owning: end)
        var sent = 0
        while sent < 100_000, try mine.send([UInt8](repeating: UInt8(truncatingIfNeeded: sent), count: 1000)) {
            sent += 1
        }
        #expect(sent > 10 && sent < 100_000)
        for number in 0..<sent { #expect(try message(theirs).0.first == UInt8(truncatingIfNeeded: number)) }
        #expect(try isEmpty(theirs))
        #expect(try mine.send([1]))
    }

    @Test func aClosedChannelIsAnErrorNotACrash() throws {
        let (mine, _) = try MessageChannel.pair()
        mine.close()
        #expect(mine.number == -1)
        #expect(throws: SystemError("send", code: 9)) { try mine.send([1]) }
        #expect(throws: SystemError("recvmsg", code: 9)) { try mine.receive() }
    }

    /// Sends as a process would that doesn't keep to the library's limits.
    private func sendRaw(_ channel: Int32, byteCount: Int, descriptors: [Int32]) throws {
        var bytes = [UInt8](repeating: 0, count: max(1, byteCount))
        // CMSG_SPACE and CMSG_LEN: a header of 16 bytes, then the numbers.
        let size = MemoryLayout<Int32>.stride * descriptors.count
        var control = [UInt64](repeating: 0, count: 2 + (size + 7) / 8)
        let result = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe control.withUnsafeMutableBytes { control in
                unsafe control.storeBytes(of: UInt64(16 + size), as: UInt64.self)
                unsafe control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: Int32.self)
                unsafe control.storeBytes(of: 1, toByteOffset: 12, as: Int32.self)  // SCM_RIGHTS
                for (index, number) in descriptors.enumerated() {
                    unsafe control.storeBytes(of: number, toByteOffset: 16 + index * 4, as: Int32.self)
                }
                var part = unsafe iovec(iov_base: bytes.baseAddress, iov_len: byteCount)
                return unsafe withUnsafeMutablePointer(to: &part) { part in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = part
                    unsafe message.msg_iovlen = 1
                    if !descriptors.isEmpty {
                        unsafe message.msg_control = control.baseAddress
                        unsafe message.msg_controllen = control.count
                    }
                    return unsafe sendmsg(channel, &message, Int32(MSG_NOSIGNAL))
                }
            }
        }
        #expect(result == byteCount)
    }
}

internal import CLinux
internal import Glibc

/// One end of a SOCK_SEQPACKET pair. Never blocks, whatever the descriptor's own mode, which other processes share.
struct DatagramSocket {
    let descriptor: Int32

    /// How a call went.
    enum Outcome: Equatable {
        /// The bytes of the datagram; more than there was room for when it was cut off.
        case done(Int)
        case wouldBlock
        /// The other end is closed, or the socket is broken.
        case ended
    }

    /// Sends one datagram.
    func send(_ bytes: [UInt8]) -> Outcome {
        while true {
            let count = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            if count >= 0 { return .done(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == ENOBUFS ? .wouldBlock : .ended
        }
    }

    /// Receives one datagram. An empty one looks like the end; `done(0)` leaves it to the caller to find out.
    func receive(into buffer: inout [UInt8]) -> Outcome {
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT | MSG_TRUNC))
            if count >= 0 { return .done(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .ended
        }
    }
}

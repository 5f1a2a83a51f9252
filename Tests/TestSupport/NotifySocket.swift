internal import Bytes
internal import Glibc
internal import Synchronization
internal import System

/// The socket that a service manager gives to a service (sd_notify(3)), and what the service said there.
@safe
public final class NotifySocket: Sendable {
    /// What `NOTIFY_SOCKET` is set to.
    public let path: String
    private let number: Int32
    private let directory: String
    private let heard = Mutex<[String]>([])

    /// A socket in a directory of its own.
    public init() throws {
        directory = try TemporaryDirectory.make()
        path = "\(directory)/notify"
        number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw HarnessError("no datagram socket (errno \(errno))") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw HarnessError("cannot bind \(path) (errno \(errno))") }
    }

    deinit {
        close(number)
        TemporaryDirectory.remove(directory)
    }

    /// The messages so far, each a list of assignments such as `READY=1`.
    public var messages: [String] {
        heard.withLock { heard in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = unsafe recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return heard }
                heard.append(String(decoding: buffer[..<count], as: UTF8.self))
            }
        }
    }

    /// How many messages have the line `assignment`.
    public func count(_ assignment: String) -> Int {
        messages.count { $0.split(separator: "\n").contains { $0 == assignment } }
    }

    /// Waits until `count` messages have the line `assignment`.
    public func wait(for assignment: String, count wanted: Int = 1, within timeout: Duration = .seconds(20)) -> Bool {
        Deadline(in: timeout).poll { count(assignment) >= wanted }
    }
}

internal import Bytes
internal import Glibc
internal import System

/// The machine's TCP sockets over IPv4, as `/proc/net/tcp` lists them.
public struct ConnectionTable {
    /// One socket.
    public struct Entry: Sendable {
        /// Its own port.
        public var localPort: UInt16
        /// Its peer's; 0 where it listens.
        public var remotePort: UInt16
        /// Whether it listens.
        public var isListening: Bool
        /// What `/proc/PID/fd` calls it.
        public var inode: UInt64
    }

    /// All of them.
    public let entries: [Entry]

    /// The table as it is now.
    public init() {
        let bytes = (try? File.read("/proc/net/tcp", limit: 64 * 1024 * 1024)) ?? []
        let listening = "0A"
        entries = bytes.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 9 else { return nil }
            func port(_ word: Int) -> UInt16? {
                UInt16(String(decoding: words[word].suffix(4), as: UTF8.self), radix: 16)
            }
            guard let local = port(1), let remote = port(2),
                let inode = UInt64(String(decoding: words[9], as: UTF8.self))
            else { return nil }
            let isListening = String(decoding: words[3], as: UTF8.self) == listening
            return Entry(localPort: local, remotePort: remote, isListening: isListening, inode: inode)
        }
    }

    /// The connections that clients have at `ports` and that `pid` has open.
    public func connections(of pid: Int32, at ports: Set<UInt16>) -> Int {
        let own = ProcessTable.sockets(of: pid)
        return entries.count { ports.contains($0.localPort) && !$0.isListening && own.contains($0.inode) }
    }

    /// Whether somebody listens at `port`.
    public func isListening(_ port: UInt16) -> Bool { entries.contains { $0.localPort == port && $0.isListening } }
}

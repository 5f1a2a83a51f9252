internal import CLinux

/// One misdeed that a process which was taken over would try.
///
/// Each is tried for real and undone when it works, so that it may be tried in a worker-like process on a machine in
/// service. What is tried on a process (signals, tracing) does it no harm.
public struct BreakOut: Sendable {
    /// How a misdeed ended.
    public enum Outcome: Equatable, Sendable, CustomStringConvertible {
        /// Something stood in the way: the errno's name, such as `EPERM`.
        case refused(String)
        /// It worked.
        case succeeded

        /// In words.
        public var description: String {
            switch self {
            case .refused(let errno): "refused (\(errno))"
            case .succeeded: "SUCCEEDED"
            }
        }
    }

    /// What the misdeeds aim at; those without a target are left out.
    public struct Targets: Equatable, Sendable {
        /// Files that must stay secret, private keys above all.
        public var secretFiles: [String] = []
        /// A file or directory outside of the jail that anyone may read there.
        public var outsidePath: String?
        /// Other processes by what they are, such as `master`.
        public var processes: [Process] = []
        /// A file that may be read, so that writing to it can be tried.
        public var readableFile: String?
        /// An open log. What is tried on it changes nothing that is written there.
        public var log: Int32 = 2
        /// Where making a file is tried; the root directory of the process by default.
        public var directory = "/"
        /// What is executed where it can be.
        public var program = "/bin/sh"

        /// No targets.
        public init() {}
    }

    /// Another process and what it is called in the outcome.
    public struct Process: Equatable, Sendable {
        /// What it is, such as `master` or `key holder`.
        public let name: String
        /// Its id.
        public let id: Int32

        /// Such a process.
        public init(name: String, id: Int32) {
            self.name = name
            self.id = id
        }
    }

    /// What is tried, in a few words.
    public let name: String
    /// The layers that stand against it, each alone. Where none of them is in force its success is no surprise.
    public let layers: [ConfinementLayer]
    private let act: @Sendable () -> Int32

    private init(_ name: String, _ layers: ConfinementLayer..., act: @escaping @Sendable () -> Int32) {
        self.name = name
        self.layers = layers
        self.act = act
    }

    /// Tries it.
    public func attempt() -> Outcome {
        let result = act()
        return result < 0 ? .refused(SystemError("", code: result).name) : .succeeded
    }

    /// All misdeeds that `targets` allow for. They need a single-threaded process that nothing else happens in.
    public static func all(_ targets: Targets) -> [BreakOut] {
        files(targets) + processes(targets) + privileges + execution(targets) + sockets + kernel
    }

    private static func files(_ targets: Targets) -> [BreakOut] {
        var list = targets.secretFiles.map { path in
            BreakOut("read \(path)", .identity, .landlock) { unsafe clinux_try_read(path) }
        }
        if let path = targets.outsidePath {
            list.append(BreakOut("open \(path) outside the jail", .jail, .landlock) { unsafe clinux_try_read(path) })
            let climbing = String(repeating: "../", count: 32) + path.drop { $0 == "/" }
            list.append(
                BreakOut("climb out of the jail with ..", .jail, .landlock) { unsafe clinux_try_read(climbing) })
        }
        if let path = targets.readableFile {
            list.append(BreakOut("write to \(path)", .landlock, .systemCalls) { unsafe clinux_try_write(path) })
        }
        let (directory, log) = (targets.directory, targets.log)
        list += [
            BreakOut("rewrite the log", .systemCalls) { clinux_try_rewriting(log) },
            BreakOut("make a file in \(directory)", .identity, .landlock, .systemCalls) {
                unsafe clinux_try_create(directory)
            },
            BreakOut("make a device in \(directory)", .identity, .capabilities, .landlock, .systemCalls) {
                unsafe clinux_try_make_device(directory)
            },
            BreakOut("enter another root directory", .identity, .capabilities, .systemCalls) {
                clinux_try_change_root()
            },
            BreakOut("open a file by its inode", .identity, .capabilities, .systemCalls) {
                clinux_try_open_by_handle()
            },
        ]
        return list
    }

    private static func processes(_ targets: Targets) -> [BreakOut] {
        targets.processes.flatMap { process in
            let (name, id) = (process.name, process.id)
            return [
                BreakOut("signal the \(name)", .identity, .systemCalls) { clinux_try_signal(id) },
                BreakOut("trace the \(name)", .identity, .systemCalls) { clinux_try_trace(id) },
                BreakOut("read the \(name)'s memory", .identity, .systemCalls) { clinux_try_read_memory(id) },
                BreakOut("open the \(name)'s memory", .identity, .jail, .landlock) {
                    unsafe clinux_try_read("/proc/\(id)/mem")
                },
                BreakOut("read the \(name)'s environment", .identity, .jail, .landlock) {
                    unsafe clinux_try_read("/proc/\(id)/environ")
                },
            ]
        }
    }

    private static let privileges = [
        BreakOut("become root", .identity, .systemCalls) { clinux_try_become_root() },
        BreakOut("regain a capability", .identity, .capabilities, .systemCalls) { clinux_try_regain_capability() },
        BreakOut("allow core files again", .systemCalls) { clinux_try_dumpable() },
        BreakOut("enter a new user namespace", .systemCalls) { clinux_try_new_namespace() },
        BreakOut("mount", .identity, .capabilities, .systemCalls) { clinux_try_mount() },
    ]

    private static func execution(_ targets: Targets) -> [BreakOut] {
        let program = targets.program
        return [
            BreakOut("execute \(program)", .landlock, .systemCalls) { unsafe clinux_try_execute(program) },
            BreakOut("fork", .systemCalls) { clinux_try_fork() },
            BreakOut("run code from memory", .systemCalls) { clinux_try_executable_memory() },
        ]
    }

    private static let sockets = [
        BreakOut("open a packet socket", .identity, .capabilities, .systemCalls) { clinux_try_packet_socket() },
        BreakOut("open a raw socket", .identity, .capabilities, .systemCalls) { clinux_try_raw_socket() },
        BreakOut("open a local socket", .systemCalls) { clinux_try_local_socket() },
        BreakOut("open a socket to the kernel", .systemCalls) { clinux_try_netlink_socket() },
        BreakOut("send a descriptor", .systemCalls) { clinux_try_send_descriptor() },
        BreakOut("bind a reserved port", .systemCalls) { clinux_try_bind(1) },
        BreakOut("bind any port", .systemCalls) { clinux_try_bind(0) },
    ]

    private static let kernel = [
        BreakOut("load a program into the kernel (bpf)", .systemCalls) { clinux_try_bpf() },
        BreakOut("load a kernel module", .identity, .capabilities, .systemCalls) { clinux_try_kernel_module() },
        BreakOut("use the kernel's keyrings", .systemCalls) { clinux_try_keyring() },
        BreakOut("watch with perf", .systemCalls) { clinux_try_perf() },
        BreakOut("use io_uring", .systemCalls) { clinux_try_io_uring() },
        BreakOut("use userfaultfd", .systemCalls) { clinux_try_userfaultfd() },
        BreakOut("make calls of another architecture", .systemCalls) { clinux_try_foreign_architecture() },
    ]
}

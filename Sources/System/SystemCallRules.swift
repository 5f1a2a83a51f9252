// The calls that remain, with their numbers on x86_64 and aarch64 and the reason for each. The hottest come first: the
// kernel remembers which calls are always allowed and doesn't run the filter for those, but older ones run it each time.
//
// What is not here is refused with EPERM: to execute, to fork, to trace or signal others, to mount, to enter or make
// namespaces, to listen or bind, to open for writing, to make, rename or remove files, raw, local and packet sockets,
// bpf, keyrings, perf, io_uring, userfaultfd, kernel modules, changes of user, capabilities, limits and the clock.
//
// Three that a program like this would be expected to have, and why they are missing:
// - sendmsg sends descriptors, and whoever is sent one closes it: for a socket that lingers (SO_LINGER) that takes as
//   long as the sender wishes, and the master or the key holder would stand still. Bytes alone go by sendto.
// - fcntl's F_SETFL takes O_APPEND off a log, after which writing replaces what was logged before. No rule about the
//   descriptor's number would help: the flag is the open file's, which any duplicate reaches. So sockets are made
//   non-blocking when they are made, those of c-ares too. ioctl's FIONBIO is missing for the sake of the sockets and
//   pipes that other processes share.
// - mremap: where it fails the C library copies instead.
extension SystemCallRule {
    /// What both a worker and a key holder do: answer on descriptors they have, memory, clocks, threads, ending.
    static let common: [SystemCallRule] = [
        // Descriptors that are open already.
        SystemCallRule("recvfrom", 45, 207, "bytes of clients and backends"),
        SystemCallRule("sendto", 44, 206, "the same the other way"),
        SystemCallRule("epoll_wait", 232, nil, "the event loop"),
        SystemCallRule("epoll_pwait", 281, 22, "the event loop where epoll_wait doesn't exist"),
        SystemCallRule("read", 0, 63, "signals as descriptors, timers, files"),
        SystemCallRule("write", 1, 64, "log lines, wake-ups"),
        SystemCallRule("epoll_ctl", 233, 21, "the event loop"),
        SystemCallRule("close", 3, 57, "descriptors"),
        SystemCallRule("recvmsg", 47, 212, "messages and descriptors of the master"),
        SystemCallRule("readv", 19, 65, "reading in pieces"),
        SystemCallRule("writev", 20, 66, "writing in pieces; the C library's own messages"),
        SystemCallRule("epoll_create1", 291, 20, "the event loop"),
        SystemCallRule("shutdown", 48, 210, "orderly ends"),
        SystemCallRule("poll", 7, nil, "waiting for one descriptor"),
        SystemCallRule("ppoll", 271, 73, "waiting for one descriptor where poll doesn't exist"),
        SystemCallRule("dup", 32, 23, "log files reopened"),
        SystemCallRule("dup2", 33, nil, "log files reopened"),
        SystemCallRule("dup3", 292, 24, "log files reopened"),
        SystemCallRule("fstat", 5, 80, "sizes of what was handed over"),
        SystemCallRule("newfstatat", 262, 79, "the same: the C library's fstat; tells nothing but sizes and dates"),
        SystemCallRule("pread64", 17, 67, "reading what was handed over"),
        SystemCallRule("eventfd2", 290, 19, "wake-ups between threads"),
        SystemCallRule("signalfd4", 289, 74, "signals as a descriptor"),
        SystemCallRule(
            "fcntl", 72, 25,
            "copies and seals of descriptors; not the open file's flags, owners, signals, locks, leases",
            // F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC, F_GET_SEALS
            .allowWhen([[.isOne(1, of: [0, 1, 2, 3, 1030, 1034])]])),
        SystemCallRule(
            "ioctl", 16, 29, "bytes unsent and unread, is it a terminal",
            .allowWhen([[.isOne(1, of: [0x5411, 0x541B, 0x5401])]])),
        SystemCallRule(
            "socketpair", 53, 199, "a queue within the process; no datagrams, which could be sent to other sockets",
            .allowWhen([[.isOne(0, of: [1]), .isOne(1, of: socketTypes([1, 5]))]])),

        // Memory: none of it executable, so that nothing but the program's own code ever runs.
        SystemCallRule("mmap", 9, 222, "memory, not executable", .allowWhen([[.hasNone(2, of: 4)]])),
        SystemCallRule("munmap", 11, 215, "memory given back"),
        SystemCallRule("mprotect", 10, 226, "stacks and arenas, not executable", .allowWhen([[.hasNone(2, of: 4)]])),
        SystemCallRule("madvise", 28, 233, "memory given back"),
        SystemCallRule("brk", 12, 214, "the heap"),
        SystemCallRule("getrandom", 318, 278, "keys, masks, hash seeds"),

        // Clocks, where they can't be read without a call.
        SystemCallRule("clock_gettime", 228, 113, "deadlines"),
        SystemCallRule("clock_getres", 229, 114, "deadlines"),
        SystemCallRule("gettimeofday", 96, 169, "OpenSSL, c-ares"),
        SystemCallRule("time", 201, nil, "OpenSSL's times of sessions"),
        SystemCallRule("nanosleep", 35, 101, "short waits"),
        SystemCallRule("clock_nanosleep", 230, 115, "short waits"),

        // Threads of this process, and no others: clone3 hides its flags from a filter, so the C library is told that
        // it doesn't exist and takes clone. What a thread shares is demanded, new namespaces are not granted.
        SystemCallRule("futex", 202, 98, "locks"),
        SystemCallRule("clone3", 435, 435, "refused in a way that makes the C library use clone", .fail(38)),
        SystemCallRule(
            "clone", 56, 220, "threads: CLONE_VM, FS, FILES, SIGHAND, THREAD; no CLONE_NEW…, PTRACE, VFORK, PARENT",
            .allowWhen([[.hasAll(0, of: 0x10F00), .hasNone(0, of: 0x7E02_0080 | 0x2000 | 0x4000 | 0x8000)]])),
        SystemCallRule("set_robust_list", 273, 99, "the start of a thread"),
        SystemCallRule("rseq", 334, 293, "the start of a thread"),
        SystemCallRule("sched_yield", 24, 124, "locks"),
        SystemCallRule("sched_getaffinity", 204, 123, "how many arenas malloc makes"),
        SystemCallRule("getcpu", 309, 168, "which arena malloc takes"),
        SystemCallRule("membarrier", 324, 283, "the C library's restartable sequences"),

        // Signals to oneself.
        SystemCallRule("rt_sigaction", 13, 134, "handlers; abort"),
        SystemCallRule("rt_sigprocmask", 14, 135, "masks; threads; abort"),
        SystemCallRule("rt_sigreturn", 15, 139, "the end of a handler"),
        SystemCallRule("sigaltstack", 131, 132, "handlers' stacks"),
        SystemCallRule("restart_syscall", 219, 128, "a call that goes on after a stop"),
        SystemCallRule("tgkill", 234, 131, "abort; to this process only", .allowWhen([[.isThisProcess(0)]])),

        // Facts about oneself.
        SystemCallRule("getpid", 39, 172, "abort, OpenSSL's random numbers"),
        SystemCallRule("gettid", 186, 178, "abort, locks"),
        SystemCallRule("getppid", 110, 173, "whether the master is there"),
        SystemCallRule("getuid", 102, 174, "OpenSSL's trust in its environment"),
        SystemCallRule("geteuid", 107, 175, "the same"),
        SystemCallRule("getgid", 104, 176, "the same"),
        SystemCallRule("getegid", 108, 177, "the same"),
        SystemCallRule("getresuid", 118, 148, "the trial reads who it is"),
        SystemCallRule("getresgid", 120, 150, "the trial reads who it is"),
        SystemCallRule("capget", 125, 90, "the trial reads what it may"),
        SystemCallRule("getrusage", 98, 165, "processor time for the metrics"),
        SystemCallRule("times", 100, 153, "processor time"),
        SystemCallRule("sysinfo", 99, 179, "memory of the machine, asked by the C library's sorting"),
        SystemCallRule("uname", 63, 160, "the C library"),
        SystemCallRule(
            "prlimit64", 302, 261, "limits of this process, read only",
            .allowWhen([[.isOne(0, of: [0]), .isNull(2)], [.isThisProcess(0), .isNull(2)]])),
        SystemCallRule(
            "prctl", 157, 167, "names of threads; reading whether the confinement holds",
            // PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS
            .allowWhen([[.isOne(0, of: [3, 15, 16, 21, 23, 39])]])),

        // The end.
        SystemCallRule("exit", 60, 93, "the end of a thread"),
        SystemCallRule("exit_group", 231, 94, "the end"),
    ]

    /// What a worker does beyond that: connections of its own, and files for reading.
    static let workerOnly: [SystemCallRule] = [
        SystemCallRule("accept4", 288, 242, "clients"),
        SystemCallRule("accept", 43, 202, "clients"),
        SystemCallRule("connect", 42, 203, "backends, the provider, name servers"),
        SystemCallRule("getsockname", 51, 204, "addresses for logs and PROXY headers"),
        SystemCallRule("getpeername", 52, 205, "addresses for logs"),
        SystemCallRule("getsockopt", 55, 209, "how a connection attempt ended"),
        SystemCallRule(
            "socket", 41, 198, "TCP and UDP over IPv4 and IPv6, nothing raw, local or of the kernel's",
            // SOCK_STREAM and SOCK_DGRAM with any of SOCK_NONBLOCK and SOCK_CLOEXEC.
            .allowWhen([[.isOne(0, of: [2, 10]), .isOne(1, of: socketTypes([1, 2]))]])),
        SystemCallRule(
            "setsockopt", 54, 208, "buffers, keep-alive, delays; no filters, no protocols of the kernel's",
            .allowWhen([
                // SOL_SOCKET: REUSEADDR, BROADCAST, SNDBUF, RCVBUF, KEEPALIVE, LINGER, REUSEPORT, RCVTIMEO, SNDTIMEO,
                // RCVLOWAT, BUSY_POLL
                [.isOne(1, of: [1]), .isOne(2, of: [2, 6, 7, 8, 9, 13, 15, 18, 20, 21, 46])],
                // IPPROTO_TCP: NODELAY, CORK, KEEPIDLE, KEEPINTVL, KEEPCNT, DEFER_ACCEPT, QUICKACK, USER_TIMEOUT,
                // NOTSENT_LOWAT
                [.isOne(1, of: [6]), .isOne(2, of: [1, 3, 4, 5, 6, 9, 12, 18, 25])],
                // IPPROTO_IPV6: V6ONLY, TCLASS; IPPROTO_IP: TOS
                [.isOne(1, of: [41]), .isOne(2, of: [26, 67])],
                [.isOne(1, of: [0]), .isOne(2, of: [1])],
            ])),
        SystemCallRule(
            "openat", 257, 56, "hosts and name servers, read at each lookup; for reading only",
            // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, O_TMPFILE's own bit
            .allowWhen([[.hasNone(2, of: 0o3 | 0o100 | 0o1000 | 0o2000 | 0o20_000_000)]])),
        // Harmless to logs: where they are open for appending, the position says nothing about where writes go.
        SystemCallRule("lseek", 8, 62, "the size of such a file (c-ares from 1.31 on), the C library's own reading"),
        SystemCallRule("statx", 332, 291, "whether such a file changed"),
        SystemCallRule("stat", 4, nil, "the same"),
        SystemCallRule("access", 21, nil, "whether such a file is there"),
        SystemCallRule("faccessat", 269, 48, "whether such a file is there"),
        SystemCallRule("pipe2", 293, 59, "a queue within the process"),
        SystemCallRule("timerfd_create", 283, 85, "deadlines as a descriptor"),
        SystemCallRule("timerfd_settime", 286, 86, "deadlines as a descriptor"),
    ]

    /// The socket `types` (1 stream, 2 datagram, 5 sequenced packets) with any of SOCK_NONBLOCK and SOCK_CLOEXEC.
    private static func socketTypes(_ types: [UInt32]) -> [UInt32] {
        types.flatMap { [$0, $0 | 0o4000, $0 | 0o2_000_000, $0 | 0o4000 | 0o2_000_000] }
    }

    /// All rules of `profile`.
    public static func rules(_ profile: SystemCallProfile) -> [SystemCallRule] {
        switch profile {
        case .none: []
        case .worker: common + workerOnly
        case .keyHolder: common
        }
    }
}

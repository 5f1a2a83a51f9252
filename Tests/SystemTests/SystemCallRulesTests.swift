import Testing

@testable import System

/// Where Debian keeps the kernel's own lists of numbers. aarch64 uses the generic one as it is.
private let x86Header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
private let genericHeader = "/usr/include/asm-generic/unistd.h"

@Suite struct SystemCallRulesTests {
    /// The numbers that the header at `path` gives to names.
    private func numbers(_ path: String) throws -> [String: UInt32] {
        var found: [String: UInt32] = [:]
        for line in String(decoding: try File.read(path), as: UTF8.self).split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 3, words[0] == "#define", words[1].hasPrefix("__NR"), let number = UInt32(words[2])
            else { continue }
            // The generic list names calls that differ between 32 and 64 bits as __NR3264_….
            guard let prefix = ["__NR3264_", "__NR_"].first(where: { words[1].hasPrefix($0) }) else { continue }
            let name = String(words[1].dropFirst(prefix.count))
            found[name] = found[name] ?? number
        }
        return found
    }

    @Test(.enabled(if: File.exists(x86Header), "needs the kernel headers of x86_64"))
    func numbersOnX86AreTheKernels() throws {
        let kernel = try numbers(x86Header)
        for rule in SystemCallRule.rules(.worker) {
            #expect(rule.number(.x86_64) == kernel[rule.name], "\(rule.name)")
        }
    }

    @Test(.enabled(if: File.exists(genericHeader), "needs the generic kernel headers"))
    func numbersOnARMAreTheKernels() throws {
        let kernel = try numbers(genericHeader)
        // The generic list calls this one by its 64-bit name's sibling.
        let aliases = ["newfstatat": "fstatat"]
        for rule in SystemCallRule.rules(.worker) {
            let number = rule.number(.aarch64)
            // Old calls stand in the header for other architectures, under the condition of a switch.
            if number == nil { continue }
            #expect(number == kernel[aliases[rule.name] ?? rule.name], "\(rule.name)")
        }
    }

    @Test func nothingDangerousIsListed() {
        let dangerous: Set<String> = [
            "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "tkill",
            "mount", "umount2", "unshare", "setns", "chroot", "pivot_root", "bpf", "keyctl", "add_key", "request_key",
            "userfaultfd", "perf_event_open", "kexec_load", "init_module", "finit_module", "open_by_handle_at", "bind",
            "listen", "open", "creat", "openat2", "unlink", "unlinkat", "rename", "renameat2", "mkdirat", "mknodat",
            "symlinkat", "linkat", "chmod", "fchmodat", "setuid", "setresuid", "setgroups", "capset", "seccomp",
            "io_uring_setup", "personality", "memfd_create", "pkey_mprotect", "process_madvise", "pidfd_getfd",
            "pidfd_open", "clock_settime", "settimeofday", "reboot", "iopl", "ioperm", "modify_ldt", "shmat",
            "socketcall", "name_to_handle_at", "fanotify_init", "quotactl", "syslog", "getdents64", "truncate",
            "ftruncate", "fallocate", "pwrite64", "pwritev", "pwritev2", "sendmsg", "sendmmsg", "mremap", "setrlimit",
            "sched_setscheduler", "setpriority", "move_pages", "kcmp",
        ]
        for rule in SystemCallRule.rules(.worker) { #expect(!dangerous.contains(rule.name), "\(rule.name)") }
    }

    /// Each profile, name by name: what is added or taken away is to be meant.
    @Test func theProfilesAreTheseCallsAndNoOthers() {
        let keyHolder: Set<String> = [
            "brk", "capget", "clock_getres", "clock_gettime", "clock_nanosleep", "clone", "clone3", "close", "dup",
            "dup2", "dup3", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2", "exit",
            "exit_group", "fcntl", "fstat", "futex", "getcpu", "getegid", "geteuid", "getgid", "getpid", "getppid",
            "getrandom", "getresgid", "getresuid", "getrusage", "gettid", "gettimeofday", "getuid", "ioctl",
            "madvise", "membarrier", "mmap", "mprotect", "munmap", "nanosleep", "newfstatat", "poll", "ppoll",
            "prctl", "pread64", "prlimit64", "read", "readv", "recvfrom", "recvmsg", "restart_syscall", "rseq",
            "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "sendto",
            "set_robust_list", "shutdown", "sigaltstack", "signalfd4", "socketpair", "sysinfo", "tgkill", "time",
            "times", "uname", "write", "writev",
        ]
        let workerAlone: Set<String> = [
            "accept", "accept4", "access", "connect", "faccessat", "getpeername", "getsockname", "getsockopt",
            "lseek", "openat", "pipe2", "setsockopt", "socket", "stat", "statx", "timerfd_create",
            "timerfd_settime",
        ]
        #expect(Set(SystemCallRule.rules(.keyHolder).map(\.name)) == keyHolder)
        #expect(Set(SystemCallRule.rules(.worker).map(\.name)) == keyHolder.union(workerAlone))
        // One rule a call: a second one would never be reached.
        #expect(SystemCallRule.rules(.worker).count == keyHolder.count + workerAlone.count)
    }

    @Test func aKeyHolderHasLessThanAWorkerAndEachCallItsReason() {
        let worker = Set(SystemCallRule.rules(.worker).map(\.name))
        let keyHolder = Set(SystemCallRule.rules(.keyHolder).map(\.name))
        #expect(keyHolder.isStrictSubset(of: worker))
        #expect(keyHolder.isDisjoint(with: ["openat", "socket", "connect", "accept4", "stat", "setsockopt", "lseek"]))
        #expect(SystemCallRule.rules(.none).isEmpty)
        for rule in SystemCallRule.rules(.worker) { #expect(!rule.reason.isEmpty, "\(rule.name)") }
    }
}

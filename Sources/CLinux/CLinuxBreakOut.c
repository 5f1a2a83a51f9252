#define _GNU_SOURCE
#include "CLinuxConfinement.h"
#include "answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// Misdeeds. Plain system calls, so that no wrapper refuses (or does) something else first.

// A child without the C library's fork handlers; 0 in the child.
static long plain_fork(void) { return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL); }

// The errno that a child left with, as -errno.
static int outcome_of(long child) {
    int status = 0;
    if (waitpid((pid_t)child, &status, __WALL) < 0) return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : 0;
}

static int closed(long descriptor) {
    if (descriptor < 0) return -errno;
    close((int)descriptor);
    return 0;
}

// 0 when `error` comes from behind the permission checks.
static int unless_admitted(long result, int admitted) {
    if (result >= 0 || errno == admitted) return 0;
    return -errno;
}

int clinux_try_read(const char *path) {
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return -errno;
    char byte;
    long result = pread(descriptor, &byte, 1, 0);
    int error = errno;
    close(descriptor);
    // The memory of a process has nothing at address 0, but whoever may open it may read it. The same for directories.
    if (result < 0 && error != EIO && error != EISDIR && error != ESPIPE) return -error;
    return 0;
}

int clinux_try_write(const char *path) { return closed(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)); }

static int path_in(const char *directory, const char *name, char *path, size_t capacity) {
    int length = snprintf(path, capacity, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, name);
    return length > 0 && (size_t)length < capacity ? 0 : -ENAMETOOLONG;
}

int clinux_try_create(const char *directory) {
    if (closed(open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) == 0) return 0;
    char path[4096];
    if (path_in(directory, ".secure-proxy-trial", path, sizeof path) < 0) return -ENAMETOOLONG;
    int result = closed(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (result == 0) unlink(path);
    return result;
}

int clinux_try_make_device(const char *directory) {
    char path[4096];
    if (path_in(directory, ".secure-proxy-trial-device", path, sizeof path) < 0) return -ENAMETOOLONG;
    if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0) return -errno;
    unlink(path);
    return 0;
}

int clinux_try_rewriting(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -errno;
    if (fcntl(descriptor, F_SETFL, flags & ~O_APPEND) < 0) return -errno;
    fcntl(descriptor, F_SETFL, flags);
    return 0;
}

int clinux_try_send_descriptor(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -errno;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {{0}};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes};
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &ends[0], sizeof(int));
    int result = sendmsg(ends[0], &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
    if (result < 0) {
        // The same by the call for several messages.
        struct mmsghdr several = {.msg_hdr = message};
        if (sendmmsg(ends[0], &several, 1, MSG_NOSIGNAL) == 1) result = 0;
    }
    close(ends[0]);
    close(ends[1]);
    return result;
}

int clinux_try_signal(int process) { ANSWER(kill(process, 0)); }

int clinux_try_trace(int process) {
    if (ptrace(PTRACE_SEIZE, process, NULL, NULL) < 0) return -errno;
    // Only a stopped process can be let go.
    if (ptrace(PTRACE_INTERRUPT, process, NULL, NULL) == 0) waitpid(process, NULL, __WALL);
    ptrace(PTRACE_DETACH, process, NULL, NULL);
    return 0;
}

int clinux_try_read_memory(int process) {
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)&clinux_try_read_memory, 1};
    return unless_admitted(process_vm_readv(process, &here, 1, &there, 1, 0), EFAULT);
}

int clinux_try_become_root(void) {
    uint32_t users[3], groups[3];
    int result = clinux_read_ids(users, groups);
    if (result < 0) return result;
    const uid_t keep = (uid_t)-1;
    if (syscall(SYS_setresuid, keep, 0, keep) == 0) {
        syscall(SYS_setresuid, keep, users[1], keep);
        return 0;
    }
    int error = errno;
    if (syscall(SYS_setresgid, keep, 0, keep) == 0) {
        syscall(SYS_setresgid, keep, groups[1], keep);
        return 0;
    }
    // setuid(0) would set all three where it may; where the effective id can't be set it can't either.
    return syscall(SYS_setuid, 0) == 0 ? 0 : -error;
}

int clinux_try_regain_capability(void) {
    struct clinux_capabilities before, wanted;
    int result = clinux_read_capabilities(&before);
    if (result < 0) return result;
    wanted = before;
    wanted.permitted |= 1ull << CAP_SYS_ADMIN;
    wanted.effective |= 1ull << CAP_SYS_ADMIN;
    result = clinux_write_capabilities(&wanted);
    if (result == 0) clinux_write_capabilities(&before);
    return result;
}

int clinux_try_execute(const char *path) {
    char *const arguments[] = {(char *)path, "-c", "exit 0", NULL};
    char *const environment[] = {NULL};
    long child = plain_fork();
    if (child == 0) {
        execve(path, arguments, environment);
        _exit(errno & 0xff);
    }
    if (child > 0) return outcome_of(child);
    // No child to be had, and this process must live on: with arguments at an unreadable address nothing is executed.
    return unless_admitted(syscall(SYS_execve, path, (char *const *)1, NULL), EFAULT);
}

int clinux_try_fork(void) {
    long child = plain_fork();
    if (child == 0) _exit(0);
    return child < 0 ? -errno : outcome_of(child);
}

int clinux_try_mount(void) {
    // Without a file system type there is nothing to mount, but that is found out after the permission check.
    return unless_admitted(mount(NULL, "/", NULL, 0, NULL), EINVAL);
}

int clinux_try_new_namespace(void) {
    if (clinux_forbidden_call() < 0) return -errno;
    long child = plain_fork();
    if (child == 0) _exit(unshare(CLONE_NEWUSER) < 0 ? errno & 0xff : 0);
    return child < 0 ? -errno : outcome_of(child);
}

int clinux_try_change_root(void) { ANSWER(chroot("/")); }

int clinux_try_packet_socket(void) { return closed(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)); }
int clinux_try_raw_socket(void) { return closed(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)); }
int clinux_try_local_socket(void) { return closed(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
int clinux_try_netlink_socket(void) { return closed(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)); }

int clinux_try_bind(uint16_t port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int result = bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    close(descriptor);
    return result == -EADDRINUSE ? 0 : result;
}

int clinux_try_bpf(void) {
    // BPF_MAP_CREATE of an array with one element.
    struct { uint32_t type, key_size, value_size, entries; uint32_t rest[28]; } map = {2, 4, 4, 1, {0}};
    return closed(syscall(SYS_bpf, 0, &map, sizeof map));
}

int clinux_try_keyring(void) {
    // KEYCTL_GET_KEYRING_ID of the session keyring, without making one.
    return unless_admitted(syscall(SYS_keyctl, 0, -3, 0, 0, 0), ENOKEY);
}

int clinux_try_perf(void) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
    event.config = PERF_COUNT_SW_TASK_CLOCK;
    event.disabled = 1;
    event.exclude_kernel = 1;
    return closed(syscall(SYS_perf_event_open, &event, 0, -1, -1, 8 /* close on exec */));
}

int clinux_try_dumpable(void) {
    int before = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) return -errno;
    if (before != 1) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return 0;
}

int clinux_try_executable_memory(void) {
    const size_t size = 4096;
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) {
        munmap(page, size);
        return 0;
    }
    int error = errno;
    page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return -error;
    int result = mprotect(page, size, PROT_READ | PROT_EXEC);
    munmap(page, size);
    return result == 0 ? 0 : -error;
}

int clinux_try_open_by_handle(void) {
    struct { uint32_t bytes; int32_t type; uint8_t handle[8]; } handle = {8, 1, {2}};
    long result = syscall(SYS_open_by_handle_at, AT_FDCWD, &handle, O_RDONLY | O_CLOEXEC);
    // ESTALE: it was looked for.
    return closed(result) == 0 || errno == ESTALE ? 0 : -errno;
}

int clinux_try_io_uring(void) {
    uint32_t parameters[30] = {0};
    return closed(syscall(425, 1, parameters));
}

int clinux_try_userfaultfd(void) { return closed(syscall(SYS_userfaultfd, O_CLOEXEC)); }

int clinux_try_kernel_module(void) {
    long result = syscall(SYS_init_module, NULL, 0ul, "");
    return result >= 0 || errno == EFAULT || errno == ENOEXEC ? 0 : -errno;
}

int clinux_try_foreign_architecture(void) {
#if defined(__x86_64__)
    // The x32 form of getpid, in a child because a filter kills for it.
    long child = plain_fork();
    if (child == 0) _exit(syscall(0x40000000 | SYS_getpid) < 0 ? errno & 0xff : 0);
    if (child < 0) return -errno;
    int status = 0;
    if (waitpid((pid_t)child, &status, __WALL) < 0) return -errno;
    if (WIFSIGNALED(status)) return -EPERM;
    return -WEXITSTATUS(status);
#else
    return -ENOSYS;
#endif
}

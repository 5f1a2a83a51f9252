#define _GNU_SOURCE
#include "tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct tracer_shared {
    _Atomic int error;    // errno of the first thread that could not be watched
    _Atomic bool ready;
    _Atomic bool on;
    _Atomic uint64_t calls[TRACED_CALLS];
};

static const struct { int number; const char *name; } names[] = {
    {SYS_read, "read"}, {SYS_write, "write"}, {SYS_readv, "readv"}, {SYS_writev, "writev"},
    {SYS_recvfrom, "recvfrom"}, {SYS_sendto, "sendto"}, {SYS_recvmsg, "recvmsg"}, {SYS_sendmsg, "sendmsg"},
    {SYS_epoll_pwait, "epoll_pwait"}, {SYS_epoll_pwait2, "epoll_pwait2"}, {SYS_epoll_ctl, "epoll_ctl"},
    {SYS_accept, "accept"}, {SYS_accept4, "accept4"}, {SYS_socket, "socket"}, {SYS_connect, "connect"},
    {SYS_setsockopt, "setsockopt"}, {SYS_getsockopt, "getsockopt"}, {SYS_getsockname, "getsockname"},
    {SYS_getpeername, "getpeername"}, {SYS_shutdown, "shutdown"}, {SYS_close, "close"}, {SYS_futex, "futex"},
    {SYS_fcntl, "fcntl"}, {SYS_ioctl, "ioctl"}, {SYS_ppoll, "ppoll"}, {SYS_pselect6, "pselect6"},
    {SYS_timerfd_settime, "timerfd_settime"}, {SYS_clock_gettime, "clock_gettime"}, {SYS_mmap, "mmap"},
    {SYS_munmap, "munmap"}, {SYS_madvise, "madvise"}, {SYS_brk, "brk"}, {SYS_splice, "splice"},
    {SYS_getrandom, "getrandom"}, {SYS_getpid, "getpid"}, {SYS_bind, "bind"},
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait"}, {SYS_poll, "poll"}, {SYS_select, "select"},
#endif
};

static void count_call(struct tracer_shared *shared, pid_t thread) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    if (info.entry.nr < TRACED_CALLS) atomic_fetch_add(&shared->calls[info.entry.nr], 1);
}

static void watch(struct tracer_shared *shared, const pid_t *threads, int count) {
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    for (int i = 0; i < count; i++) {
        if (ptrace(PTRACE_SEIZE, threads[i], 0, options) != 0 || ptrace(PTRACE_INTERRUPT, threads[i], 0, 0) != 0) {
            atomic_store(&shared->error, errno);
            return;
        }
    }
    atomic_store(&shared->ready, true);
    for (;;) {
        int status;
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR) continue;
        if (thread < 0) return;
        if (!WIFSTOPPED(status)) continue;
        int signal = WSTOPSIG(status), event = status >> 16;
        if (signal == (SIGTRAP | 0x80)) {
            if (atomic_load_explicit(&shared->on, memory_order_relaxed)) count_call(shared, thread);
            signal = 0;
        } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
            // Stopped by a signal such as SIGSTOP: it stays so.
            ptrace(PTRACE_LISTEN, thread, 0, 0);
            continue;
        } else if (event != 0) {
            signal = 0;
        }
        ptrace(PTRACE_SYSCALL, thread, 0, signal);
    }
}

bool tracer_begin(struct tracer *tracer, const pid_t *threads, int count) {
    memset(tracer, 0, sizeof *tracer);
    struct tracer_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return false;
    pid_t parent = getpid();
    pid_t process = fork();
    if (process < 0) return false;
    if (process == 0) {
        // It leaves with its parent; the watched processes then go on by themselves.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(0);
        watch(shared, threads, count);
        _exit(1);
    }
    tracer->process = process;
    tracer->shared = shared;
    for (int i = 0; i < 5000 && !atomic_load(&shared->ready) && atomic_load(&shared->error) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (atomic_load(&shared->ready)) return true;
    fprintf(stderr, "secure-proxy-bench: --trace-syscalls: %s (is it root, or the same user?)\n",
            strerror(atomic_load(&shared->error)));
    tracer_end(tracer);
    return false;
}

void tracer_count(struct tracer *tracer, bool on) {
    if (tracer->shared != NULL) atomic_store(&tracer->shared->on, on);
}

void tracer_end(struct tracer *tracer) {
    if (tracer->process <= 0) return;
    kill(tracer->process, SIGKILL);
    waitpid(tracer->process, NULL, 0);
    tracer->process = 0;
}

uint64_t tracer_total(const struct tracer *tracer) {
    uint64_t total = 0;
    for (int i = 0; i < TRACED_CALLS; i++) total += atomic_load(&tracer->shared->calls[i]);
    return total;
}

bool tracer_call(const struct tracer *tracer, int rank, char name[32], uint64_t *count) {
    // Few calls have a count, so looking for the next smaller one each time is cheap enough.
    int previous = -1;
    for (int found = 0; found <= rank; found++) {
        int best = -1;
        for (int i = 0; i < TRACED_CALLS; i++) {
            uint64_t calls = atomic_load(&tracer->shared->calls[i]);
            if (calls == 0) continue;
            if (previous >= 0) {
                uint64_t limit = atomic_load(&tracer->shared->calls[previous]);
                if (calls > limit || (calls == limit && i <= previous)) continue;
            }
            if (best < 0 || calls > atomic_load(&tracer->shared->calls[best])) best = i;
        }
        if (best < 0) return false;
        previous = best;
    }
    *count = atomic_load(&tracer->shared->calls[previous]);
    snprintf(name, 32, "call_%d", previous);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == previous) snprintf(name, 32, "%s", names[i].name);
    return true;
}

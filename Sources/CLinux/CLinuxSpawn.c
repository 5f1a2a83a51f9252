// Children: clinux_spawn and how they end, as CLinuxProcess.h says.
#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Younger than the headers of the oldest system we build on.
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

// The record of getdents64, which no header of glibc declares under this name.
struct directory_entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

// Marks every descriptor from 3 on to close at exec. Only calls that are safe between fork and exec.
static void close_all_on_exec(void) {
    // Kernels before 5.11, and sandboxes that don't know the call, answer an error.
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        _Alignas(struct directory_entry) char buffer[4096];
        long count;
        while ((count = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
            for (long at = 0; at < count;) {
                const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
                int number = 0;
                const char *digit = entry->name;
                while (*digit >= '0' && *digit <= '9' && number < INT_MAX / 10) number = number * 10 + (*digit++ - '0');
                if (digit != entry->name && number > 2) fcntl(number, F_SETFD, FD_CLOEXEC);
                at += entry->length;
            }
        }
        return;  // it is marked itself
    }
    struct rlimit limit;
    int end = 65536;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)INT_MAX) end = (int)limit.rlim_cur;
    for (int number = 3; number < end; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
}

// Arranges the descriptors as clinux_spawn says; `moved` has room for `count` numbers. 0 or an errno.
static int arrange_descriptors(const int *sources, const int *targets, int *moved, int count) {
    int highest = 2;
    bool standard[3] = {false, false, false};
    for (int i = 0; i < count; i++) {
        if (targets[i] > highest) highest = targets[i];
        if (targets[i] < 3) standard[targets[i]] = true;
    }
    // First out of the way of all targets, so that no source is overwritten before it was copied.
    for (int i = 0; i < count; i++) {
        moved[i] = fcntl(sources[i], F_DUPFD_CLOEXEC, highest + 1);
        if (moved[i] < 0) return errno;
    }
    close_all_on_exec();
    for (int number = 0; number < 3; number++) {
        // A missing 1 or 2 would be taken by the next file that is opened, and messages would go there.
        if (standard[number] || (number > 0 && fcntl(number, F_GETFD) >= 0)) continue;
        int null = open("/dev/null", number == 0 ? O_RDONLY : O_WRONLY);
        if (null < 0) return errno;
        if (null != number) {
            if (dup2(null, number) < 0) return errno;
            close(null);
        }
    }
    for (int i = 0; i < count; i++) {
        if (dup2(moved[i], targets[i]) < 0) return errno;  // the copy stays open in the new program
    }
    return 0;
}

// The child's side of clinux_spawn: only calls that are safe in a copy of a process with threads.
static int become(const char *path, char *const arguments[], char *const environment[], const int *sources,
                  const int *targets, int *moved, int count, int death_signal, pid_t parent) {
    if (death_signal != 0) {
        if (prctl(PR_SET_PDEATHSIG, death_signal) < 0) return errno;
        // It ended before it could be watched.
        if (getppid() != parent) _exit(128 + death_signal);
    }
    int error = arrange_descriptors(sources, targets, moved, count);
    if (error != 0) return error;
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &plain, NULL);  // the two fixed ones refuse
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(path, arguments, environment);
    return errno;
}

int clinux_spawn(const char *path, char *const arguments[], char *const environment[], const int *sources,
                 const int *targets, int count, int death_signal) {
    int highest = 2;
    for (int i = 0; i < count; i++) {
        if (targets[i] < 0) return -EBADF;
        if (targets[i] > highest) highest = targets[i];
    }
    // Carries the errno of a child that could not become the program; closes by itself when it could.
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    int report_end = fcntl(report[1], F_DUPFD_CLOEXEC, highest + 1);
    int *moved = calloc((size_t)count + 1, sizeof *moved);
    int result;
    if (report_end < 0 || !moved) {
        result = report_end < 0 ? -errno : -ENOMEM;
        if (report_end >= 0) close(report_end);
        close(report[0]);
        close(report[1]);
        free(moved);
        return result;
    }
    pid_t parent = getpid();
    // With every signal blocked the child can't run a handler of ours before it has reset them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0) {
        int error = become(path, arguments, environment, sources, targets, moved, count, death_signal, parent);
        ssize_t ignored = write(report_end, &error, sizeof error);
        (void)ignored;
        _exit(127);
    }
    result = child < 0 ? -errno : child;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    free(moved);
    close(report[1]);
    close(report_end);
    if (child > 0) {
        int error = 0;
        ssize_t got;
        do got = read(report[0], &error, sizeof error);
        while (got < 0 && errno == EINTR);
        if (got == (ssize_t)sizeof error) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
            result = error > 0 ? -error : -EIO;
        }
    }
    close(report[0]);
    return result;
}

int clinux_reap(int pid, int *value, bool *ended_by_signal) {
    int status;
    pid_t result;
    do result = waitpid(pid, &status, WNOHANG);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    if (result > 0) {
        *ended_by_signal = WIFSIGNALED(status);
        *value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
    return result;
}

int clinux_await_end(int pid) {
    pid_t result;
    do result = waitpid(pid, NULL, 0);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

int clinux_kill(int pid, int signal) { return kill(pid, signal) < 0 ? -errno : 0; }
const char *clinux_signal_name(int signal) { return sigabbrev_np(signal); }

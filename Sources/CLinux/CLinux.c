#define _GNU_SOURCE
#include "CLinux.h"
#include "answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t load_big_endian(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
    return value;
}

static void store_big_endian(uint64_t value, uint8_t *bytes) {
    for (int i = 7; i >= 0; i--, value >>= 8) bytes[i] = (uint8_t)value;
}

static socklen_t to_system(const struct clinux_address *address, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (address->family == 6) {
        struct sockaddr_in6 *in = (struct sockaddr_in6 *)out;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(address->port);
        in->sin6_scope_id = address->scope;
        store_big_endian(address->high, in->sin6_addr.s6_addr);
        store_big_endian(address->low, in->sin6_addr.s6_addr + 8);
        return sizeof *in;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    in->sin_addr.s_addr = htonl((uint32_t)address->low);
    return sizeof *in;
}

static void from_system(const struct sockaddr_storage *in, struct clinux_address *address) {
    memset(address, 0, sizeof *address);
    if (in->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)in;
        address->family = 6;
        address->port = ntohs(six->sin6_port);
        address->scope = six->sin6_scope_id;
        address->high = load_big_endian(six->sin6_addr.s6_addr);
        address->low = load_big_endian(six->sin6_addr.s6_addr + 8);
    } else if (in->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)in;
        address->family = 4;
        address->port = ntohs(four->sin_port);
        address->low = ntohl(four->sin_addr.s_addr);
    }
}

int clinux_tcp_socket(int family) {
    ANSWER(socket(family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
}

int clinux_bind(int descriptor, const struct clinux_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = to_system(address, &storage);
    ANSWER(bind(descriptor, (struct sockaddr *)&storage, length));
}

int clinux_listen(int descriptor, int backlog) { ANSWER(listen(descriptor, backlog)); }

int clinux_connect(int descriptor, const struct clinux_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = to_system(address, &storage);
    // Not retried on EINTR: the connection attempt goes on in the kernel, and epoll tells how it ends.
    ANSWER(connect(descriptor, (struct sockaddr *)&storage, length));
}

int clinux_accept(int descriptor, struct clinux_address *peer) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    int result;
    do result = accept4(descriptor, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    from_system(&storage, peer);
    return result;
}

int clinux_local_address(int descriptor, struct clinux_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
    from_system(&storage, address);
    return 0;
}

int clinux_peer_address(int descriptor, struct clinux_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getpeername(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
    from_system(&storage, address);
    return 0;
}

int clinux_socket_pair(int descriptors[2]) {
    ANSWER(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, descriptors));
}

int clinux_pending_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
    return error;
}

int clinux_shutdown_write(int descriptor) { ANSWER(shutdown(descriptor, SHUT_WR)); }

static int set_option(int descriptor, int level, int name, int value) {
    ANSWER(setsockopt(descriptor, level, name, &value, sizeof value));
}

int clinux_set_no_delay(int descriptor) { return set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1); }

int clinux_set_keep_alive(int descriptor, int idle_seconds, int interval_seconds, int count) {
    int result = set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (result == 0) result = set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
    if (result == 0) result = set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval_seconds);
    if (result == 0) result = set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, count);
    return result;
}

int clinux_set_no_keep_alive(int descriptor) { return set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 0); }

int clinux_set_reuse_address(int descriptor) { return set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1); }
int clinux_set_reuse_port(int descriptor) { return set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1); }
int clinux_set_ipv6_only(int descriptor, int on) { return set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, on); }

int clinux_set_buffers(int descriptor, int receive_bytes, int send_bytes) {
    int result = 0;
    if (receive_bytes > 0) result = set_option(descriptor, SOL_SOCKET, SO_RCVBUF, receive_bytes);
    if (result == 0 && send_bytes > 0) result = set_option(descriptor, SOL_SOCKET, SO_SNDBUF, send_bytes);
    return result;
}

int clinux_set_linger_reset(int descriptor) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    ANSWER(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

int clinux_unacknowledged_bytes(int descriptor) {
    int count = 0;
    if (ioctl(descriptor, SIOCOUTQ, &count) < 0) return -errno;
    return count;
}

ssize_t clinux_recv(int descriptor, void *buffer, size_t count) {
    ANSWER_RETRYING(recv(descriptor, buffer, count, 0));
}

ssize_t clinux_send(int descriptor, const void *bytes, size_t count) {
    ANSWER_RETRYING(send(descriptor, bytes, count, MSG_NOSIGNAL));
}

ssize_t clinux_send_last(int descriptor, const void *bytes, size_t count) {
    ANSWER_RETRYING(send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_MORE));
}

int clinux_parse_address(const char *text, struct clinux_address *address) {
    struct in_addr four;
    uint8_t six[16];
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &four) == 1) {
        address->family = 4;
        address->low = ntohl(four.s_addr);
        return 0;
    }
    if (inet_pton(AF_INET6, text, six) == 1) {
        address->family = 6;
        address->high = load_big_endian(six);
        address->low = load_big_endian(six + 8);
        return 0;
    }
    return -EINVAL;
}

void clinux_format_address(const struct clinux_address *address, char text[46]) {
    if (address->family == 6) {
        uint8_t six[16];
        store_big_endian(address->high, six);
        store_big_endian(address->low, six + 8);
        if (inet_ntop(AF_INET6, six, text, 46)) return;
    } else {
        struct in_addr four = {.s_addr = htonl((uint32_t)address->low)};
        if (inet_ntop(AF_INET, &four, text, 46)) return;
    }
    text[0] = 0;
}

int clinux_epoll_create(void) { ANSWER(epoll_create1(EPOLL_CLOEXEC)); }

int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.events = events, .data.u64 = tag};
    ANSWER(epoll_ctl(epoll, operation, descriptor, &event));
}

int clinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int timeout_milliseconds) {
    int result = epoll_wait(epoll, events, capacity, timeout_milliseconds);
    if (result >= 0) return result;
    return errno == EINTR ? 0 : -errno;
}

int clinux_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) return -error;
    // Whoever started us may have ignored it, and then the kernel throws away how children ended.
    if (sigismember(&set, SIGCHLD)) signal(SIGCHLD, SIG_DFL);
    ANSWER(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int clinux_read_signal(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count;
    do count = read(descriptor, &info, sizeof info);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    return (int)info.ssi_signo;
}

void clinux_ignore_broken_pipe(void) { signal(SIGPIPE, SIG_IGN); }

int clinux_open(const char *path, int mode, int permissions) {
    return clinux_open_at(AT_FDCWD, path, mode, permissions);
}

int clinux_open_at(int directory, const char *path, int mode, int permissions) {
    int flags = O_CLOEXEC;
    if (mode == 0) flags |= O_RDONLY;
    // Without O_NONBLOCK, opening a named pipe would wait for its reader, and writing to a full one for its reading.
    if (mode == 1 || mode == 3) flags |= O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY;
    if (mode == 2) flags |= O_WRONLY | O_CREAT | O_EXCL;
    if (mode == 3) flags |= O_NOFOLLOW;
    if (mode == 4) flags |= O_PATH | O_DIRECTORY;
    ANSWER_RETRYING(openat(directory, path, flags, permissions));
}

ssize_t clinux_read(int descriptor, void *buffer, size_t count) { ANSWER_RETRYING(read(descriptor, buffer, count)); }

ssize_t clinux_write(int descriptor, const void *bytes, size_t count) {
    ANSWER_RETRYING(write(descriptor, bytes, count));
}

int clinux_close(int descriptor) { ANSWER(close(descriptor)); }
int clinux_make_directory(const char *path, int permissions) { ANSWER(mkdir(path, permissions)); }
int clinux_rename(const char *from, const char *to) { ANSWER(rename(from, to)); }
int clinux_unlink(const char *path) { ANSWER(unlink(path)); }

int64_t clinux_file_size(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    return S_ISREG(status.st_mode) ? status.st_size : 0;
}

int clinux_file_mode(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0) return -errno;
    return status.st_mode & 07777;
}

int clinux_status(const char *path, struct clinux_status *status) {
    struct stat found;
    if (stat(path, &found) < 0) return -errno;
    status->mode = found.st_mode;
    status->user = found.st_uid;
    status->group = found.st_gid;
    return 0;
}

int clinux_is_terminal(int descriptor) { return isatty(descriptor); }

static int64_t nanoseconds(clockid_t clock) {
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t clinux_monotonic_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }
int64_t clinux_unix_nanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }

int clinux_process_id(void) { return getpid(); }
int clinux_user_id(void) { return (int)geteuid(); }

int clinux_program_path(char *buffer, size_t capacity) {
    // The path that execve was given: not resolved, so that a link that is pointed at another version is followed anew.
    const char *path = (const char *)getauxval(AT_EXECFN);
    if (!path) return -ENOENT;
    size_t start = 0;
    if (path[0] != '/') {
        if (!getcwd(buffer, capacity)) return -errno;
        start = strlen(buffer);
        if (start + 1 >= capacity) return -ERANGE;
        buffer[start++] = '/';
    }
    size_t length = strlen(path);
    if (start + length >= capacity) return -ERANGE;
    memcpy(buffer + start, path, length + 1);
    return (int)(start + length);
}

int clinux_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

int64_t clinux_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    }
    return (int64_t)limit.rlim_cur;
}

int64_t clinux_resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return -errno;
    long total = 0, resident = 0;
    int fields = fscanf(file, "%ld %ld", &total, &resident);
    fclose(file);
    return fields == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -EIO;
}

int clinux_trim_memory(void) {
#ifdef __GLIBC__
    return malloc_trim(0);
#else
    return 0;
#endif
}

int64_t clinux_page_bytes(void) { return sysconf(_SC_PAGESIZE); }
int64_t clinux_cpu_nanoseconds(void) { return nanoseconds(CLOCK_PROCESS_CPUTIME_ID); }

int clinux_environment(const char *name, char *buffer, size_t capacity) {
    const char *value = getenv(name);
    if (!value) return -ENOENT;
    size_t length = strlen(value);
    if (length >= capacity) return -ERANGE;
    memcpy(buffer, value, length + 1);
    return (int)length;
}

const char *clinux_error_name(int error) {
    const char *name = strerrorname_np(error);
    return name ? name : "unknown error";
}

const char *clinux_error_text(int error) {
    const char *text = strerrordesc_np(error);
    return text ? text : "unknown error";
}

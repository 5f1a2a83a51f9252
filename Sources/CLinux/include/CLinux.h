// Linux as Swift sees it: one small function for each system call that the project makes.
//
// Why a shim at all: Swift cannot call variadic functions, function-like macros, or bind/connect/accept as glibc
// declares them (transparent unions), and errno is best read before anything else runs. So every function here
// answers its result, or -errno when the call failed; socket addresses cross as plain numbers. Nothing decides
// anything; EINTR is retried where a retry is always right.
#ifndef SECURE_PROXY_CLINUX_H
#define SECURE_PROXY_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "CLinuxConfinement.h"

// An internet address: family 4 (the address in the low 32 bits of `low`) or 6 (both halves, most significant first).
struct clinux_address {
    uint8_t family;
    uint16_t port;
    uint32_t scope;
    uint64_t high;
    uint64_t low;
};

// Sockets. Every descriptor made here is non-blocking and close-on-exec.
int clinux_tcp_socket(int family);
int clinux_bind(int descriptor, const struct clinux_address *address);
int clinux_listen(int descriptor, int backlog);
int clinux_connect(int descriptor, const struct clinux_address *address);
int clinux_accept(int descriptor, struct clinux_address *peer);
int clinux_local_address(int descriptor, struct clinux_address *address);
int clinux_peer_address(int descriptor, struct clinux_address *address);
int clinux_socket_pair(int descriptors[2]);
int clinux_pending_error(int descriptor);  // SO_ERROR: 0 or a positive errno
int clinux_shutdown_write(int descriptor);
int clinux_set_no_delay(int descriptor);
int clinux_set_keep_alive(int descriptor, int idle_seconds, int interval_seconds, int count);
int clinux_set_no_keep_alive(int descriptor);
int clinux_set_reuse_address(int descriptor);
int clinux_set_reuse_port(int descriptor);
int clinux_set_ipv6_only(int descriptor, int on);
int clinux_set_buffers(int descriptor, int receive_bytes, int send_bytes);  // 0 leaves one as it is
int clinux_set_linger_reset(int descriptor);  // close() then sends RST
int clinux_unacknowledged_bytes(int descriptor);  // SIOCOUTQ

ssize_t clinux_recv(int descriptor, void *buffer, size_t count);
ssize_t clinux_send(int descriptor, const void *bytes, size_t count);
ssize_t clinux_send_last(int descriptor, const void *bytes, size_t count);  // MSG_MORE: they leave with the FIN

// Text to address and back. `parse` answers 0, or -EINVAL when the text is no address literal.
int clinux_parse_address(const char *text, struct clinux_address *address);
void clinux_format_address(const struct clinux_address *address, char text[46]);

// Event notification.
int clinux_epoll_create(void);
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t tag);
int clinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int timeout_milliseconds);
static inline uint64_t clinux_event_tag(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t clinux_event_mask(const struct epoll_event *event) { return event->events; }

// Signals as descriptors: blocks the given signals in the calling thread and answers a signalfd for them.
int clinux_signal_descriptor(const int *signals, int count);
int clinux_read_signal(int descriptor);  // a signal number, or -EAGAIN
void clinux_ignore_broken_pipe(void);

// Files. `open` modes: 0 read, 1 append (created with `permissions`), 2 create anew (fails when it exists), 3 append
// without following a symbolic link (ELOOP), 4 a directory, to open what is in it.
int clinux_open(const char *path, int mode, int permissions);
int clinux_open_at(int directory, const char *path, int mode, int permissions);
ssize_t clinux_read(int descriptor, void *buffer, size_t count);
ssize_t clinux_write(int descriptor, const void *bytes, size_t count);
int clinux_close(int descriptor);
int clinux_make_directory(const char *path, int permissions);
int clinux_rename(const char *from, const char *to);
int clinux_unlink(const char *path);
int64_t clinux_file_size(int descriptor);
int clinux_file_mode(const char *path);  // permission bits, or -errno
int clinux_is_terminal(int descriptor);
struct clinux_status {
    uint32_t mode;  // type and permission bits
    uint32_t user;
    uint32_t group;
};
int clinux_status(const char *path, struct clinux_status *status);  // of what a symbolic link leads to

// Clocks.
int64_t clinux_monotonic_nanoseconds(void);
int64_t clinux_unix_nanoseconds(void);

// Processes and limits.
int clinux_process_id(void);
int clinux_user_id(void);
int clinux_program_path(char *buffer, size_t capacity);  // absolute, as it was started; length, or -errno
int clinux_processor_count(void);  // those this process may run on
int64_t clinux_descriptor_limit(void);  // raises the soft limit to the hard one and answers it
int64_t clinux_resident_bytes(void);    // of this process, from /proc/self/statm
int clinux_trim_memory(void);  // gives free pages of the heap back to the kernel
int64_t clinux_page_bytes(void);
int64_t clinux_cpu_nanoseconds(void);   // used by this process so far
int clinux_environment(const char *name, char *buffer, size_t capacity);  // length, or -ENOENT / -ERANGE

// The symbolic name ("ECONNREFUSED") and the text of an errno; static strings.
const char *clinux_error_name(int error);
const char *clinux_error_text(int error);

#include "CLinuxProcess.h"

#endif

// Linux processes and what passes between them: starting and collecting children, message channels that carry
// descriptors, shared and sealed memory, lock files, and the thread that moves log lines.
//
// As everywhere in this module: answers the result, or -errno; nothing decides anything.
#ifndef SECURE_PROXY_CLINUX_PROCESS_H
#define SECURE_PROXY_CLINUX_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Children.

// Starts `path`. sources[i] becomes targets[i] in the child (targets differ from each other); 0 to 2 are inherited
// unless named, 0 being /dev/null; every other descriptor closes. Signal mask and handlers are reset. When
// `death_signal` is not 0, the kernel sends it to the child when the calling *thread* ends. Answers the pid, or -errno
// also when it was exec that failed.
int clinux_spawn(const char *path, char *const arguments[], char *const environment[], const int *sources,
                 const int *targets, int count, int death_signal);

// The child `pid` (-1: any) when it has ended: its pid, with *ended_by_signal and *value (exit code or signal); 0 when
// none has ended.
int clinux_reap(int pid, int *value, bool *ended_by_signal);
int clinux_await_end(int pid);  // waits for a child that is ending
int clinux_kill(int pid, int signal);
const char *clinux_signal_name(int signal);  // "KILL", or NULL

// This process.
int clinux_parent_id(void);
int clinux_set_death_signal(int signal);
int clinux_set_thread_name(const char *name);  // the kernel keeps 15 bytes
void clinux_exit(int code) __attribute__((noreturn));       // with atexit handlers and stdio flushed
void clinux_exit_now(int code) __attribute__((noreturn));   // without
int clinux_host_name(char *buffer, size_t capacity);        // length
int clinux_unset_environment(const char *name);
char **clinux_environment_list(void);  // the process's own list, NULL at its end

// Descriptors.
int clinux_duplicate(int descriptor);                     // close-on-exec
int clinux_duplicate_onto(int descriptor, int number);    // dup3 with O_CLOEXEC; the same number is fine
int clinux_set_close_on_exec(int descriptor, bool on);
int clinux_set_blocking(int descriptor, bool on);
int clinux_set_appending(int descriptor);  // of the open file, for everyone who has it
int clinux_is_open(int descriptor);  // 1 or 0
int clinux_pipe(int descriptors[2]); // close-on-exec, blocking

// Files.
struct clinux_stamp {
    uint64_t device, inode;
    int64_t size, modified_nanoseconds, changed_nanoseconds;
    uint32_t user, group, mode, links;
};
int clinux_stamp(const char *path, struct clinux_stamp *stamp);
int clinux_stamp_of(int descriptor, struct clinux_stamp *stamp);
int clinux_chown(const char *path, uint32_t user, uint32_t group);
int clinux_chmod(const char *path, uint32_t permissions);
int clinux_open_reading_no_follow(const char *path);

// Unix datagram sockets: `path` may begin with '@' (abstract). Close-on-exec; sending on a blocking one waits a second
// at most.
int clinux_connect_unix_datagram(const char *path, bool blocking);
int clinux_bind_unix_datagram(const char *path);

// Message channels: SOCK_SEQPACKET, both ends non-blocking and close-on-exec.
int clinux_channel_pair(int descriptors[2]);
ssize_t clinux_channel_send(int channel, const void *bytes, size_t count, const int *descriptors, int descriptor_count);

// Whoever sends descriptors to this end gets EPERM. -ENOPROTOOPT where the kernel doesn't know that (before 6.16).
int clinux_channel_refuse_descriptors(int channel);

// Answers the message's length, 0 at the channel's end. Descriptors that came with it are in `descriptors`, close-on-
// exec, their number in *descriptor_count. -EMSGSIZE when either did not fit: then none stays open.
#define CLINUX_CHANNEL_DESCRIPTORS 16
ssize_t clinux_channel_receive(int channel, void *buffer, size_t capacity, int descriptors[CLINUX_CHANNEL_DESCRIPTORS],
                               int *descriptor_count);

// Memory without a name in the file system.
int clinux_memory_file(const char *name, int64_t size);  // its size is fixed for good, its content is not
int clinux_sealed_file(const char *name, const void *bytes, size_t count);  // nothing about it can change
int clinux_has_size_seals(int descriptor);     // 1 or 0: can't shrink
int clinux_has_content_seals(int descriptor);  // 1 or 0: can't shrink, grow, be written or lose seals
int clinux_reopen_for_reading(int descriptor);  // the same file anew; needs /proc
void *clinux_map_shared(int descriptor, int64_t offset, size_t count, bool is_writable, int *error);
int clinux_unmap(void *base, size_t count);
ssize_t clinux_read_at(int descriptor, void *buffer, size_t count, int64_t offset);

// Pid files. The open file description holds two locks: the first says that the file is owned, the second that the
// pid in it is the owner's.
int clinux_lock_open(const char *path, uint32_t permissions);
int clinux_lock_take(int descriptor, int byte);        // -EAGAIN when somebody else has it
int clinux_lock_is_taken(int descriptor, int byte);    // by somebody else: 1 or 0, without taking it
int clinux_truncate(int descriptor, int64_t size);
ssize_t clinux_write_at(int descriptor, const void *bytes, size_t count, int64_t offset);

// The log pump: a bounded queue in memory and a thread that writes its lines, in order, to descriptors. Each call may
// come from any thread; none waits for a target, except `finish`. `capacity` bytes: at least a longest line and 5. Lines
// for targets whose bit in `patient` is set may wait ten milliseconds for company.
#define CLINUX_PUMP_LINE (64 * 1024)  // the longest line in bytes
struct clinux_pump;
struct clinux_pump *clinux_pump_start(const int *targets, int count, uint32_t patient, size_t capacity, int *error);
bool clinux_pump_write(struct clinux_pump *pump, int target, const void *bytes, size_t count, const void *rest,
                       size_t rest_count);  // false: no room, too long, or finished
uint64_t clinux_pump_failed(const struct clinux_pump *pump);   // lines that a target did not take whole
uint64_t clinux_pump_written(const struct clinux_pump *pump);  // lines that a target took
bool clinux_pump_finish(struct clinux_pump *pump, int64_t nanoseconds);  // true: everything was moved
void clinux_pump_release(struct clinux_pump *pump);  // after `finish`; a thread that is stuck keeps what it needs

#endif

#define _GNU_SOURCE
#include "CLinuxProcess.h"
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// Younger than the headers of the oldest system we build on.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

extern char **environ;

static int close_with(int descriptor, int error) {
    close(descriptor);
    return -error;
}

// MARK: This process

int clinux_parent_id(void) { return getppid(); }
int clinux_set_death_signal(int signal) { ANSWER(prctl(PR_SET_PDEATHSIG, signal)); }
int clinux_set_thread_name(const char *name) { ANSWER(prctl(PR_SET_NAME, name)); }
void clinux_exit(int code) { exit(code); }
void clinux_exit_now(int code) { _exit(code); }

int clinux_host_name(char *buffer, size_t capacity) {
    if (capacity == 0) return -EINVAL;
    if (gethostname(buffer, capacity) < 0) return -errno;
    buffer[capacity - 1] = 0;
    return (int)strlen(buffer);
}

int clinux_unset_environment(const char *name) { ANSWER(unsetenv(name)); }
char **clinux_environment_list(void) { return environ; }

// MARK: Descriptors

int clinux_duplicate(int descriptor) { ANSWER(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)); }

int clinux_duplicate_onto(int descriptor, int number) {
    if (descriptor == number) return clinux_is_open(number) ? number : -EBADF;
    ANSWER_RETRYING(dup3(descriptor, number, O_CLOEXEC));
}

int clinux_set_close_on_exec(int descriptor, bool on) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0) return -errno;
    ANSWER(fcntl(descriptor, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC));
}

int clinux_set_blocking(int descriptor, bool on) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -errno;
    ANSWER(fcntl(descriptor, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK));
}

int clinux_set_appending(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -errno;
    ANSWER(fcntl(descriptor, F_SETFL, flags | O_APPEND));
}

int clinux_is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }
int clinux_pipe(int descriptors[2]) { ANSWER(pipe2(descriptors, O_CLOEXEC)); }

// MARK: Files

static void fill(struct clinux_stamp *stamp, const struct stat *status) {
    stamp->device = (uint64_t)status->st_dev;
    stamp->inode = (uint64_t)status->st_ino;
    stamp->size = (int64_t)status->st_size;
    stamp->modified_nanoseconds = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
    stamp->changed_nanoseconds = (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
    stamp->user = status->st_uid;
    stamp->group = status->st_gid;
    stamp->mode = status->st_mode;
    stamp->links = (uint32_t)status->st_nlink;
}

int clinux_stamp(const char *path, struct clinux_stamp *stamp) {
    struct stat status;
    if (stat(path, &status) < 0) return -errno;
    fill(stamp, &status);
    return 0;
}

int clinux_stamp_of(int descriptor, struct clinux_stamp *stamp) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    fill(stamp, &status);
    return 0;
}

int clinux_chown(const char *path, uint32_t user, uint32_t group) { ANSWER(chown(path, user, group)); }
int clinux_chmod(const char *path, uint32_t permissions) { ANSWER(chmod(path, permissions)); }

int clinux_open_reading_no_follow(const char *path) {
    // Non-blocking: a FIFO must not hold up whoever only wants to look.
    ANSWER_RETRYING(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

// MARK: Unix datagram sockets

// The address's length, or -ENAMETOOLONG.
static int unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->sun_path) return -ENAMETOOLONG;
    memcpy(address->sun_path, path, length);
    if (path[0] == '@') address->sun_path[0] = 0;
    size_t terminator = path[0] == '@' ? 0 : 1;
    return (int)(offsetof(struct sockaddr_un, sun_path) + length + terminator);
}

int clinux_connect_unix_datagram(const char *path, bool blocking) {
    struct sockaddr_un address;
    int length = unix_address(path, &address);
    if (length < 0) return length;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (descriptor < 0) return -errno;
    struct timeval patience = {.tv_sec = 1};
    if (blocking) setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(descriptor, (struct sockaddr *)&address, (socklen_t)length) < 0) return close_with(descriptor, errno);
    return descriptor;
}

int clinux_bind_unix_datagram(const char *path) {
    struct sockaddr_un address;
    int length = unix_address(path, &address);
    if (length < 0) return length;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    if (bind(descriptor, (struct sockaddr *)&address, (socklen_t)length) < 0) return close_with(descriptor, errno);
    return descriptor;
}

// MARK: Message channels

int clinux_channel_pair(int descriptors[2]) {
    ANSWER(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, descriptors));
}

union channel_control {
    char bytes[CMSG_SPACE(CLINUX_CHANNEL_DESCRIPTORS * sizeof(int))];
    struct cmsghdr aligned;
};

ssize_t clinux_channel_send(int channel, const void *bytes, size_t count, const int *descriptors,
                            int descriptor_count) {
    // An empty message could not be told from the channel's end.
    if (count == 0 || descriptor_count < 0) return -EINVAL;
    if (descriptor_count > CLINUX_CHANNEL_DESCRIPTORS) return -E2BIG;
    // Not sendmsg, which a confined process may not call: it could send descriptors.
    if (descriptor_count == 0) ANSWER_RETRYING(send(channel, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT));
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union channel_control control;
    memset(&control, 0, sizeof control);
    size_t size = (size_t)descriptor_count * sizeof(int);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), descriptors, size);
    ANSWER_RETRYING(sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

int clinux_channel_refuse_descriptors(int channel) {
    int off = 0;
    ANSWER(setsockopt(channel, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off));
}

ssize_t clinux_channel_receive(int channel, void *buffer, size_t capacity,
                               int descriptors[CLINUX_CHANNEL_DESCRIPTORS], int *descriptor_count) {
    *descriptor_count = 0;
    struct iovec part = {.iov_base = buffer, .iov_len = capacity};
    union channel_control control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes};
    ssize_t count;
    int resets = 0;
    do {
        message.msg_controllen = sizeof control.bytes;
        message.msg_flags = 0;
        count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
        // A peer that left without reading all is told once; what it had sent still waits behind that.
    } while (count < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ < 1)));
    if (count < 0) return errno == ECONNRESET ? 0 : -errno;

    int found = 0;
    bool whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && count > 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t size = header->cmsg_len > CMSG_LEN(0) ? header->cmsg_len - CMSG_LEN(0) : 0;
        for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
            int number;
            memcpy(&number, CMSG_DATA(header) + at, sizeof number);
            if (found < CLINUX_CHANNEL_DESCRIPTORS) {
                descriptors[found++] = number;
            } else {
                close(number);
                whole = false;
            }
        }
    }
    if (!whole) {
        for (int i = 0; i < found; i++) close(descriptors[i]);
        return count == 0 ? 0 : -EMSGSIZE;
    }
    *descriptor_count = found;
    return count;
}

// MARK: Memory

static int memory_file(const char *name) {
    // Sealed against being executed where the kernel knows that (6.3); older ones answer EINVAL.
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return descriptor < 0 ? -errno : descriptor;
}

int clinux_memory_file(const char *name, int64_t size) {
    int descriptor = memory_file(name);
    if (descriptor < 0) return descriptor;
    if (ftruncate(descriptor, size) < 0) return close_with(descriptor, errno);
    // Who has a descriptor for reading only can't open the memory for writing through /proc, unless they own it.
    if (fchmod(descriptor, S_IRUSR) < 0) return close_with(descriptor, errno);
    // F_SEAL_SEAL: nobody who has it may forbid later mappings to write.
    if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        return close_with(descriptor, errno);
    }
    return descriptor;
}

#define CONTENT_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

int clinux_sealed_file(const char *name, const void *bytes, size_t count) {
    int descriptor = memory_file(name);
    if (descriptor < 0) return descriptor;
    for (size_t at = 0; at < count;) {
        ssize_t written = pwrite(descriptor, (const char *)bytes + at, count - at, (off_t)at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return close_with(descriptor, written < 0 ? errno : ENOSPC);
        at += (size_t)written;
    }
    if (fcntl(descriptor, F_ADD_SEALS, CONTENT_SEALS) < 0) return close_with(descriptor, errno);
    return descriptor;
}

static int has_seals(int descriptor, int wanted) {
    int seals = fcntl(descriptor, F_GET_SEALS);
    // EINVAL: no kind of file that could have any.
    if (seals < 0) return errno == EINVAL ? 0 : -errno;
    return (seals & wanted) == wanted;
}

int clinux_has_size_seals(int descriptor) {
    return has_seals(descriptor, F_SEAL_SHRINK);
}

int clinux_has_content_seals(int descriptor) {
    return has_seals(descriptor, CONTENT_SEALS);
}

int clinux_reopen_for_reading(int descriptor) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    ANSWER_RETRYING(open(path, O_RDONLY | O_CLOEXEC));
}

void *clinux_map_shared(int descriptor, int64_t offset, size_t count, bool is_writable, int *error) {
    int access = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *base = mmap(NULL, count, access, MAP_SHARED, descriptor, (off_t)offset);
    *error = base == MAP_FAILED ? errno : 0;
    return base == MAP_FAILED ? NULL : base;
}

int clinux_unmap(void *base, size_t count) { ANSWER(munmap(base, count)); }

ssize_t clinux_read_at(int descriptor, void *buffer, size_t count, int64_t offset) {
    ANSWER_RETRYING(pread(descriptor, buffer, count, (off_t)offset));
}

// MARK: Pid files

int clinux_lock_open(const char *path, uint32_t permissions) {
    ANSWER_RETRYING(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, permissions));
}

static struct flock one_byte(int byte) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return lock;
}

int clinux_lock_take(int descriptor, int byte) {
    struct flock lock = one_byte(byte);
    int result = fcntl(descriptor, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
    return result == -EACCES ? -EAGAIN : result;
}

int clinux_lock_is_taken(int descriptor, int byte) {
    struct flock lock = one_byte(byte);
    if (fcntl(descriptor, F_OFD_GETLK, &lock) < 0) return -errno;
    return lock.l_type != F_UNLCK;
}

int clinux_truncate(int descriptor, int64_t size) { ANSWER_RETRYING(ftruncate(descriptor, size)); }

ssize_t clinux_write_at(int descriptor, const void *bytes, size_t count, int64_t offset) {
    ANSWER_RETRYING(pwrite(descriptor, bytes, count, (off_t)offset));
}

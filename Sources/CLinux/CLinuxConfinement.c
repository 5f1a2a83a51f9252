#define _GNU_SOURCE
#include "CLinuxConfinement.h"
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The longest entry of the user data base that is read; longer ones are an error of that data base.
#define ENTRY_BYTES 65536

int clinux_find_user(const char *name, uint32_t *user_id, uint32_t *group_id) {
    char *buffer = malloc(ENTRY_BYTES);
    if (!buffer) return -ENOMEM;
    struct passwd entry, *found = NULL;
    int error = getpwnam_r(name, &entry, buffer, ENTRY_BYTES, &found);
    if (found) {
        *user_id = entry.pw_uid;
        *group_id = entry.pw_gid;
    }
    free(buffer);
    if (found) return 0;
    // POSIX lets an implementation say these for "not found".
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return -ENOENT;
    return -error;
}

int clinux_find_group(const char *name, uint32_t *group_id) {
    char *buffer = malloc(ENTRY_BYTES);
    if (!buffer) return -ENOMEM;
    struct group entry, *found = NULL;
    int error = getgrnam_r(name, &entry, buffer, ENTRY_BYTES, &found);
    if (found) *group_id = entry.gr_gid;
    free(buffer);
    if (found) return 0;
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return -ENOENT;
    return -error;
}

int clinux_drop_groups(void) { ANSWER(setgroups(0, NULL)); }
int clinux_supplementary_groups(void) { ANSWER(getgroups(0, NULL)); }
int clinux_set_groups_id(uint32_t group_id) { ANSWER(setresgid(group_id, group_id, group_id)); }
int clinux_set_user_id(uint32_t user_id) { ANSWER(setresuid(user_id, user_id, user_id)); }

int clinux_read_ids(uint32_t users[3], uint32_t groups[3]) {
    if (getresuid(&users[0], &users[1], &users[2]) < 0) return -errno;
    ANSWER(getresgid(&groups[0], &groups[1], &groups[2]));
}

int clinux_thread_count(void) {
    FILE *file = fopen("/proc/self/status", "re");
    if (!file) return -errno;
    char line[256];
    int count = -EIO;
    while (count < 0 && fgets(line, sizeof line, file)) sscanf(line, "Threads: %d", &count);
    fclose(file);
    return count;
}

static int fill(const struct stat *status, struct clinux_place *place) {
    place->device = status->st_dev;
    place->inode = status->st_ino;
    place->mode = status->st_mode;
    place->user_id = status->st_uid;
    place->group_id = status->st_gid;
    return 0;
}

int clinux_place_of_path(const char *path, struct clinux_place *place) {
    struct stat status;
    if (stat(path, &status) < 0) return -errno;
    return fill(&status, place);
}

int clinux_place_of_descriptor(int descriptor, struct clinux_place *place) {
    struct stat status;
    if (fstat(descriptor, &status) < 0) return -errno;
    return fill(&status, place);
}

int clinux_place_is_directory(const struct clinux_place *place) { return S_ISDIR(place->mode); }

int clinux_change_root(const char *path) {
    // chdir on both sides: a working directory outside the new root would be a way out.
    if (chdir(path) < 0 || chroot(".") < 0) return -errno;
    ANSWER(chdir("/"));
}

int clinux_read_capabilities(struct clinux_capabilities *sets) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    sets->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return 0;
}

int clinux_write_capabilities(const struct clinux_capabilities *sets) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++) {
        data[i].effective = (uint32_t)(sets->effective >> 32 * i);
        data[i].permitted = (uint32_t)(sets->permitted >> 32 * i);
        data[i].inheritable = (uint32_t)(sets->inheritable >> 32 * i);
    }
    ANSWER(syscall(SYS_capset, &header, data));
}

int clinux_bounding_has(int capability) { ANSWER(prctl(PR_CAPBSET_READ, capability, 0, 0, 0)); }
int clinux_bounding_drop(int capability) { ANSWER(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)); }
int clinux_ambient_has(int capability) { ANSWER(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0)); }
int clinux_ambient_clear(void) { ANSWER(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)); }

int clinux_set_no_new_privileges(void) { ANSWER(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }
int clinux_no_new_privileges(void) { ANSWER(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); }
int clinux_set_dumpable(int on) { ANSWER(prctl(PR_SET_DUMPABLE, on, 0, 0, 0)); }
int clinux_dumpable(void) { ANSWER(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)); }

int clinux_death_signal(void) {
    int signal = 0;
    if (prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) < 0) return -errno;
    return signal;
}

int clinux_set_no_core(void) {
    struct rlimit none = {0, 0};
    ANSWER(setrlimit(RLIMIT_CORE, &none));
}

int64_t clinux_core_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) < 0) return -errno;
    return limit.rlim_max > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_max;
}

// Landlock, declared here because the kernel headers of the oldest supported systems know its first version only.
// The numbers are the same on all architectures.
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD 445
#define LANDLOCK_RESTRICT 446
#define LANDLOCK_VERSION_FLAG 1
#define LANDLOCK_PATH_BENEATH 1

struct landlock_ruleset {
    uint64_t files;
    uint64_t network;  // version 4
    uint64_t scopes;   // version 6
};

struct landlock_path {
    uint64_t access;
    int32_t parent;
} __attribute__((packed));

int clinux_landlock_version(void) { ANSWER(syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION_FLAG)); }

int clinux_landlock_create(int version, uint64_t files, uint64_t network, uint64_t scopes) {
    struct landlock_ruleset ruleset = {files, network, scopes};
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    ANSWER(syscall(LANDLOCK_CREATE, &ruleset, size, 0));
}

int clinux_landlock_allow(int ruleset, const char *path, uint64_t access_to_files, uint64_t access_to_directories) {
    int parent = open(path, O_PATH | O_CLOEXEC);
    if (parent < 0) return -errno;
    struct stat status;
    long result = fstat(parent, &status);
    if (result == 0) {
        struct landlock_path rule = {S_ISDIR(status.st_mode) ? access_to_directories : access_to_files, parent};
        result = syscall(LANDLOCK_ADD, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
    }
    int error = errno;
    close(parent);
    return result < 0 ? -error : 0;
}

int clinux_landlock_restrict(int ruleset) { ANSWER(syscall(LANDLOCK_RESTRICT, ruleset, 0)); }

int clinux_open_directory(const char *path) { ANSWER(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

int clinux_filter_install(const struct clinux_filter_instruction *program, int count, int speculation_allowed) {
    _Static_assert(sizeof(struct clinux_filter_instruction) == sizeof(struct sock_filter), "the kernel's layout");
    if (count <= 0 || count > BPF_MAXINSNS) return -EINVAL;
    struct sock_fprog filter = {.len = (unsigned short)count, .filter = (struct sock_filter *)program};
    unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | (speculation_allowed ? SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0);
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
    // With TSYNC a positive answer is the thread that could not be brought along.
    if (result > 0) return -ESRCH;
    return result < 0 ? -errno : 0;
}

int clinux_filter_mode(void) { ANSWER(prctl(PR_GET_SECCOMP, 0, 0, 0, 0)); }
int clinux_forbidden_call(void) { ANSWER(syscall(SYS_unshare, 0)); }

// How a process gives up what it does not need, and how it tries to get it back.
//
// The first half is one function for each step of giving something up and one for reading it back. The second half,
// `clinux_try_…`, are misdeeds: each is tried for real, undone when it worked, and answers 0 when it worked or -errno
// when it was refused. Where only a part of a misdeed can be tried without harm, an errno that comes *after* the
// kernel's permission checks counts as success, because nothing stood in the way.
#ifndef SECURE_PROXY_CLINUX_CONFINEMENT_H
#define SECURE_PROXY_CLINUX_CONFINEMENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The user data base. -ENOENT: there is no such user or group.
int clinux_find_user(const char *name, uint32_t *user_id, uint32_t *group_id);
int clinux_find_group(const char *name, uint32_t *group_id);

// Users and groups: real, effective and saved; set for all threads.
int clinux_drop_groups(void);
int clinux_supplementary_groups(void);  // how many there are
int clinux_set_groups_id(uint32_t group_id);
int clinux_set_user_id(uint32_t user_id);
int clinux_read_ids(uint32_t users[3], uint32_t groups[3]);
int clinux_thread_count(void);  // from /proc, -errno when that can't be read

// What a path names. `path` may be relative to nothing: it is looked up as open() would.
struct clinux_place {
    uint64_t device;
    uint64_t inode;
    uint32_t mode;
    uint32_t user_id;
    uint32_t group_id;
};
int clinux_place_of_path(const char *path, struct clinux_place *place);
int clinux_place_of_descriptor(int descriptor, struct clinux_place *place);
int clinux_place_is_directory(const struct clinux_place *place);
int clinux_change_root(const char *path);  // chroot, then chdir to the new "/"

// Capabilities as bit sets of the calling thread.
struct clinux_capabilities {
    uint64_t effective;
    uint64_t permitted;
    uint64_t inheritable;
};
int clinux_read_capabilities(struct clinux_capabilities *sets);
int clinux_write_capabilities(const struct clinux_capabilities *sets);
int clinux_bounding_has(int capability);   // 1, 0, or -EINVAL for one that this kernel doesn't know
int clinux_bounding_drop(int capability);
int clinux_ambient_has(int capability);
int clinux_ambient_clear(void);            // -EINVAL: this kernel has no ambient set
#define CLINUX_CAPABILITY_SETPCAP 8

// Flags of the process.
int clinux_set_no_new_privileges(void);
int clinux_no_new_privileges(void);
int clinux_set_dumpable(int on);
int clinux_dumpable(void);
int clinux_death_signal(void);             // sent when the parent ends; 0: none
int clinux_set_no_core(void);
int64_t clinux_core_limit(void);

// Landlock. `clinux_landlock_version` answers the ABI, or -ENOSYS / -EOPNOTSUPP where there is none.
int clinux_landlock_version(void);
int clinux_landlock_create(int version, uint64_t files, uint64_t network, uint64_t scopes);
int clinux_landlock_allow(int ruleset, const char *path, uint64_t access_to_files, uint64_t access_to_directories);
int clinux_landlock_restrict(int ruleset);
int clinux_open_directory(const char *path);

// System call filters.
struct clinux_filter_instruction {
    uint16_t code;
    uint8_t jump_true;
    uint8_t jump_false;
    uint32_t operand;
};
int clinux_filter_install(const struct clinux_filter_instruction *program, int count, int speculation_allowed);
int clinux_filter_mode(void);           // 2: a filter is in force
int clinux_forbidden_call(void);        // unshare(0), which changes nothing: 0 when allowed, or -errno

// Misdeeds (CLinuxBreakOut.c).
int clinux_try_read(const char *path);
int clinux_try_write(const char *path);          // opened for writing, nothing written
int clinux_try_create(const char *directory);    // a nameless file, or a named one that is removed
int clinux_try_make_device(const char *directory);
int clinux_try_rewriting(int descriptor);        // appending switched off, and on again
int clinux_try_send_descriptor(void);            // between two sockets of its own
int clinux_try_signal(int process);
int clinux_try_trace(int process);
int clinux_try_read_memory(int process);
int clinux_try_become_root(void);
int clinux_try_regain_capability(void);
int clinux_try_execute(const char *path);
int clinux_try_fork(void);
int clinux_try_mount(void);
int clinux_try_new_namespace(void);
int clinux_try_change_root(void);
int clinux_try_packet_socket(void);
int clinux_try_raw_socket(void);
int clinux_try_local_socket(void);
int clinux_try_netlink_socket(void);
int clinux_try_bind(uint16_t port);
int clinux_try_bpf(void);
int clinux_try_keyring(void);
int clinux_try_perf(void);
int clinux_try_dumpable(void);
int clinux_try_executable_memory(void);
int clinux_try_open_by_handle(void);
int clinux_try_io_uring(void);
int clinux_try_userfaultfd(void);
int clinux_try_kernel_module(void);
int clinux_try_foreign_architecture(void);

#endif

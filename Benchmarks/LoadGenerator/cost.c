#include "cost.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAXIMUM_PROCESSES 1024
#define MAXIMUM_WATCHED_THREADS 4096

// A file of /proc as text; false where it is not there.
static bool read_text(const char *path, char *text, size_t room) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    size_t count = fread(text, 1, room - 1, file);
    text[count] = 0;
    fclose(file);
    return count > 0;
}

struct process_times {
    pid_t parent;
    unsigned long long user, system, reaped_user, reaped_system;  // ticks
};

static bool read_stat(pid_t pid, struct process_times *times) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (!read_text(path, text, sizeof text)) return false;
    // The program's name may hold anything, so the fields are counted from its last parenthesis on.
    const char *fields = strrchr(text, ')');
    int parent;
    return fields != NULL &&
           sscanf(fields + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &parent, &times->user,
                  &times->system, &times->reaped_user, &times->reaped_system) == 5 &&
           (times->parent = parent, true);
}

// The processes asked for and, where wanted, their descendants.
static int list_processes(const struct observed *observed, pid_t *pids) {
    int count = 0;
    for (int i = 0; i < observed->roots.count; i++) pids[count++] = observed->roots.pids[i];
    if (!observed->children) return count;
    // Parents may follow their children in the directory, so it is read again until nothing is added.
    for (int before = -1; before != count;) {
        before = count;
        DIR *directory = opendir("/proc");
        if (directory == NULL) return count;
        struct dirent *entry;
        while ((entry = readdir(directory)) != NULL && count < MAXIMUM_PROCESSES) {
            if (!isdigit((unsigned char)entry->d_name[0])) continue;
            pid_t pid = (pid_t)atoi(entry->d_name);
            struct process_times times;
            bool listed = false, descends = false;
            for (int i = 0; i < count; i++) listed = listed || pids[i] == pid;
            if (listed || !read_stat(pid, &times)) continue;
            for (int i = 0; i < count; i++) descends = descends || pids[i] == times.parent;
            if (descends) pids[count++] = pid;
        }
        closedir(directory);
    }
    return count;
}

static int list_threads(pid_t pid, pid_t *threads, int room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *directory = opendir(path);
    if (directory == NULL) return 0;
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL && count < room)
        if (isdigit((unsigned char)entry->d_name[0])) threads[count++] = (pid_t)atoi(entry->d_name);
    closedir(directory);
    return count;
}

int observed_threads(const struct observed *observed, pid_t *threads, int room) {
    pid_t pids[MAXIMUM_PROCESSES];
    int processes = list_processes(observed, pids), count = 0;
    for (int i = 0; i < processes; i++) count += list_threads(pids[i], threads + count, room - count);
    return count;
}

static void add_memory(pid_t pid, struct memory *memory) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    if (!read_text(path, text, sizeof text)) {
        memory->known = false;
        return;
    }
    const char *const names[] = {"\nRss:", "\nPss:", "\nAnonymous:"};
    uint64_t *const values[] = {&memory->resident, &memory->proportional, &memory->anonymous};
    for (int i = 0; i < 3; i++) {
        const char *at = strstr(text, names[i]);
        if (at != NULL) *values[i] += strtoull(at + strlen(names[i]), NULL, 10) * 1024;
    }
}

static void add_switches(pid_t pid, struct cost *cost) {
    pid_t threads[MAXIMUM_WATCHED_THREADS];
    int count = list_threads(pid, threads, MAXIMUM_WATCHED_THREADS);
    cost->threads += count;
    for (int i = 0; i < count; i++) {
        char path[64], text[4096];
        snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)threads[i]);
        if (!read_text(path, text, sizeof text)) continue;
        const char *voluntary = strstr(text, "\nvoluntary_ctxt_switches:");
        const char *involuntary = strstr(text, "\nnonvoluntary_ctxt_switches:");
        if (voluntary != NULL) cost->voluntary += strtoull(voluntary + 25, NULL, 10);
        if (involuntary != NULL) cost->involuntary += strtoull(involuntary + 28, NULL, 10);
    }
}

// Seconds on a CPU by the scheduler's clock, which counts nanoseconds, and those of threads that have ended too.
static bool cpu_clock(pid_t pid, double *seconds) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return false;
    *seconds = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
    return true;
}

void observed_begin(struct observed *observed, const struct pid_list *roots, bool children) {
    memset(observed, 0, sizeof *observed);
    observed->roots = *roots;
    observed->children = children;
    pid_t threads[MAXIMUM_WATCHED_THREADS];
    perf_begin(&observed->perf, threads, observed_threads(observed, threads, MAXIMUM_WATCHED_THREADS));
}

void observed_end(struct observed *observed) { perf_end(&observed->perf); }

void observed_read(const struct observed *observed, struct cost *cost) {
    memset(cost, 0, sizeof *cost);
    pid_t pids[MAXIMUM_PROCESSES];
    int count = list_processes(observed, pids);
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    cost->memory.known = count > 0;
    cost->complete = true;
    // Times first: reading memory takes a while.
    for (int i = 0; i < count; i++) {
        struct process_times times;
        double seconds;
        if (!read_stat(pids[i], &times) || !cpu_clock(pids[i], &seconds)) {
            if (i < observed->roots.count) cost->complete = false;
            continue;
        }
        cost->processes++;
        // Children that have ended and were waited for, such as a process for each connection.
        double reaped = observed->children ? (double)(times.reaped_user + times.reaped_system) * tick : 0;
        cost->cpu += seconds + reaped;
        cost->user += (double)(times.user + (observed->children ? times.reaped_user : 0)) * tick;
        cost->system += (double)(times.system + (observed->children ? times.reaped_system : 0)) * tick;
    }
    perf_read(&observed->perf, &cost->perf);
    for (int i = 0; i < count; i++) {
        add_switches(pids[i], cost);
        add_memory(pids[i], &cost->memory);
    }
}

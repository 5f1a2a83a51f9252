// Hardware counters and the system call tracepoint, where the kernel has them and lets us: perf_event_open, for every
// thread of the watched processes and those that they start later.
#ifndef BENCH_PERF_H
#define BENCH_PERF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum perf_kind {
    PERF_INSTRUCTIONS, PERF_USER_INSTRUCTIONS, PERF_CYCLES, PERF_CACHE_MISSES, PERF_SYSTEM_CALLS, PERF_KINDS
};

extern const char *const perf_names[PERF_KINDS];

struct perf_counts {
    bool known[PERF_KINDS];
    double counts[PERF_KINDS];
};

struct perf {
    int count;
    struct { int fd; enum perf_kind kind; } *events;
    bool complete[PERF_KINDS];  // open for every thread
};

void perf_begin(struct perf *perf, const pid_t *threads, int count);
void perf_end(struct perf *perf);
void perf_read(const struct perf *perf, struct perf_counts *counts);

#endif

// What other processes cost: their CPU time, memory, context switches, instructions and system calls.
//
// A cost is read at a moment when nothing is under way; what a piece of work cost is the difference of two.
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include "options.h"
#include "perf.h"
#include "tracer.h"

struct memory {
    bool known;
    uint64_t resident, proportional, anonymous;  // bytes: Rss, Pss and Anonymous of smaps_rollup
};

struct cost {
    double cpu;           // seconds, by the scheduler's clock (nanoseconds), of all threads, ended ones too
    double user, system;  // the same apart, in the kernel's ticks
    uint64_t voluntary, involuntary;  // context switches of the threads that are there
    struct memory memory;
    struct perf_counts perf;
    int processes, threads;
    bool complete;  // every process asked for is there
};

// Processes that are watched from now on.
struct observed {
    struct pid_list roots;
    bool children;
    struct perf perf;
};

void observed_begin(struct observed *observed, const struct pid_list *roots, bool children);
void observed_end(struct observed *observed);
void observed_read(const struct observed *observed, struct cost *cost);
// All threads of the processes (for the tracer): how many were stored.
int observed_threads(const struct observed *observed, pid_t *threads, int room);

#endif

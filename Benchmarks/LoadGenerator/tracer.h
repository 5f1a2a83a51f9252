// System calls counted with ptrace, for kernels that don't show the tracepoint.
//
// A process of its own stops the watched threads at every system call, so they run many times slower; but what they
// call for a message stays what it is. With many tunnels a slower proxy finds more ready at a time, so that the count
// per message is a lower bound there; with one tunnel it is exact.
#ifndef BENCH_TRACER_H
#define BENCH_TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACED_CALLS 1024

struct tracer {
    pid_t process;
    struct tracer_shared *shared;
};

// Begins to watch the threads; false, with words on stderr, where the kernel doesn't let us.
bool tracer_begin(struct tracer *tracer, const pid_t *threads, int count);
// From here on, and until here.
void tracer_count(struct tracer *tracer, bool on);
void tracer_end(struct tracer *tracer);
uint64_t tracer_total(const struct tracer *tracer);
// The `rank`-th most frequent call (from 0): its name and count; false where there are no more.
bool tracer_call(const struct tracer *tracer, int rank, char name[32], uint64_t *count);

#endif

#include "perf.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *const perf_names[PERF_KINDS] = {"instructions", "user_instructions", "cycles", "cache_misses",
                                            "system_calls"};

// The number of the tracepoint that every system call passes; -1 where tracefs is not mounted or not readable.
static long long tracepoint(void) {
    static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    for (int i = 0; i < 2; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/events/raw_syscalls/sys_enter/id", places[i]);
        FILE *file = fopen(path, "r");
        if (file == NULL) continue;
        long long number = -1;
        if (fscanf(file, "%lld", &number) != 1) number = -1;
        fclose(file);
        if (number >= 0) return number;
    }
    return -1;
}

static int open_event(enum perf_kind kind, pid_t thread) {
    struct perf_event_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.inherit = 1;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    attributes.type = PERF_TYPE_HARDWARE;
    switch (kind) {
    case PERF_USER_INSTRUCTIONS: attributes.exclude_kernel = attributes.exclude_hv = 1;  // fall through
    case PERF_INSTRUCTIONS: attributes.config = PERF_COUNT_HW_INSTRUCTIONS; break;
    case PERF_CYCLES: attributes.config = PERF_COUNT_HW_CPU_CYCLES; break;
    case PERF_CACHE_MISSES: attributes.config = PERF_COUNT_HW_CACHE_MISSES; break;
    default: {
        long long number = tracepoint();
        if (number < 0) return -1;
        attributes.type = PERF_TYPE_TRACEPOINT;
        attributes.config = (uint64_t)number;
    }
    }
    return (int)syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void perf_begin(struct perf *perf, const pid_t *threads, int count) {
    memset(perf, 0, sizeof *perf);
    if (count == 0) return;
    perf->events = calloc((size_t)count * PERF_KINDS, sizeof *perf->events);
    if (perf->events == NULL) abort();
    for (int kind = 0; kind < PERF_KINDS; kind++) {
        perf->complete[kind] = true;
        for (int i = 0; i < count && perf->complete[kind]; i++) {
            int fd = open_event((enum perf_kind)kind, threads[i]);
            if (fd < 0) {
                perf->complete[kind] = false;
                break;
            }
            perf->events[perf->count].fd = fd;
            perf->events[perf->count++].kind = (enum perf_kind)kind;
        }
    }
}

void perf_end(struct perf *perf) {
    for (int i = 0; i < perf->count; i++) close(perf->events[i].fd);
    free(perf->events);
    memset(perf, 0, sizeof *perf);
}

void perf_read(const struct perf *perf, struct perf_counts *counts) {
    memset(counts, 0, sizeof *counts);
    memcpy(counts->known, perf->complete, sizeof counts->known);
    for (int i = 0; i < perf->count; i++) {
        uint64_t values[3];
        if (read(perf->events[i].fd, values, sizeof values) != sizeof values || values[2] == 0) continue;
        // The kernel takes turns where there are more events than counters; this makes up for the time without one.
        double scale = (double)values[1] / (double)values[2];
        counts->counts[perf->events[i].kind] += (double)values[0] * scale;
    }
}

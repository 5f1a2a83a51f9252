// One measurement: phases led by the main thread, and what the workers tell it.
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "cost.h"
#include "worker.h"

#define KEPT_FAILURES 8

struct tls_facts {
    char version[16], cipher[64], group[32], certificate[64];
};

struct run {
    const struct options *options;
    struct worker *workers;
    uint32_t tunnel_count;  // of all workers

    // The phase: its sequence number in the upper bits, its kind in the lower eight; read by all, written by main.
    _Atomic uint32_t phase;
    _Atomic bool measured;
    _Atomic uint64_t quota;  // of a running phase, all workers together; 0: the time decides

    pthread_mutex_t lock;
    pthread_cond_t changed;
    int arrived;  // workers that are done with the phase
    uint64_t failures;
    bool corrupted, gave_up;
    char words[KEPT_FAILURES][320];
    int word_count;

    _Atomic uint64_t next_token;
    _Atomic bool has_tls;
    struct tls_facts tls;

    struct observed proxy, backend;
    struct tracer tracer;
    bool traced;

    // The result. Costs: before anything; with all tunnels open; at the measured part's begin and end (idle: of the
    // time that they are held); after large messages (idle); after all have left.
    struct cost before, opened, started, ended, after, left;
    struct cost backend_started, backend_ended;
    double own_started, own_ended;  // CPU seconds of this process
    double opening_cpu;             // CPU seconds of the proxy while the tunnels opened
    uint64_t opening_ns, running_ns;
    uint64_t started_ns, ended_ns;  // of the measured part
    struct tally tally;
    struct histogram *latency, *requests, *openings;
};

// Runs it to its end; true where everything happened as asked.
bool run_perform(struct run *run, const struct options *options);

// For workers.
bool run_next_token(struct run *run, const char **token);
void run_note_tls(struct run *run, const SSL *ssl);
void run_arrived(struct run *run, struct worker *worker);
// Counts a failure; whether the run may go on.
void run_failed(struct run *run, const char *words, bool corrupted);

#endif

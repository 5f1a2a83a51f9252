// One thread: its tunnels, its event loop, its counts.
//
// The main thread leads all workers from phase to phase (run.h); a worker enters a phase when it sees it, and says once
// when it has done what the phase asks for:
//   OPENING   every tunnel is open, or has failed
//   RUNNING   its share of `--count` is answered; never, where the time decides
//   DRAINING  nothing is under way
//   RESTING   at once; pings are answered meanwhile
//   CLOSING   every tunnel has ended
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "histogram.h"
#include "options.h"
#include "tunnel.h"

enum phase { PHASE_RESTING, PHASE_OPENING, PHASE_RUNNING, PHASE_DRAINING, PHASE_CLOSING, PHASE_LEAVING };

struct run;

struct tally {
    uint64_t messages, requests;    // answered: echoed messages; bulk requests
    uint64_t bytes_up, bytes_down;  // payload that is known to have arrived
    uint64_t connections, resumed, tokens;
    uint64_t not_begun;             // open loop: due, and never sent, as the tunnels took no more
    uint64_t started_ns, ended_ns;  // of the running phase: its begin, its last answer
};

struct worker {
    struct run *run;
    const struct options *options;
    int index;
    pthread_t thread;
    int epoll, wake;
    struct wire_loop loop;

    struct tunnel *tunnels;
    uint32_t tunnel_count;
    uint32_t first_number;  // of its tunnels among all
    uint32_t *ready;        // tunnels that go on without an event
    uint32_t ready_count;

    uint32_t phase;  // sequence number and kind, as in run.h
    bool arrived;    // it has said that the phase is done
    bool measured;   // this phase's latencies count
    bool running;    // new messages, requests, connections may begin
    uint64_t quota, begun;  // running by count: how many, how many have begun
    uint32_t under_way;     // messages and requests without their answer, connections in the making
    uint32_t opening, next, open;
    uint32_t *idle;  // connect: places without a connection
    uint32_t idle_count;

    double interval, next_due;  // open loop, in nanoseconds
    uint64_t random;
    uint64_t now;    // as of the last event

    uint8_t *plain, *frame;
    struct histogram *latency, *requests, *openings;
    struct tally tally;
};

#define PLAIN_ROOM (64 * 1024)

void *worker_main(void *worker);
// A tunnel ended as it should.
void worker_ended(struct worker *worker, struct tunnel *tunnel);
// It did not; the tunnel is discarded. The words are kept for the report.
__attribute__((format(printf, 3, 4))) void worker_failed(
    struct worker *worker, struct tunnel *tunnel, const char *format, ...);
// Bytes were lost, added or changed: never allowed.
__attribute__((format(printf, 3, 4))) void worker_corrupted(
    struct worker *worker, struct tunnel *tunnel, const char *format, ...);
// A tunnel is open, or (connect) has been answered as expected.
void worker_opened(struct worker *worker, struct tunnel *tunnel);
// Puts the tunnel into the list of those that go on without an event.
void worker_continue_later(struct worker *worker, struct tunnel *tunnel);
bool worker_may_begin(const struct worker *worker);
// Whether connections that open now are among those reported.
bool worker_counts(const struct worker *worker);

static inline uint32_t worker_random(struct worker *worker) {
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return (uint32_t)(worker->random >> 16);
}

#endif

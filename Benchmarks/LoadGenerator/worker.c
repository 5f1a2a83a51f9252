#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <openssl/err.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "exchange.h"
#include "run.h"

#define EVENTS 256
#define WAKE UINT64_MAX

// MARK: What tunnels report

bool worker_may_begin(const struct worker *worker) {
    return worker->running && (worker->quota == 0 || worker->begun < worker->quota);
}

bool worker_counts(const struct worker *worker) {
    return worker->measured || (worker->phase & 255) == PHASE_OPENING;
}

void worker_continue_later(struct worker *worker, struct tunnel *tunnel) {
    if (tunnel->queued) return;
    tunnel->queued = true;
    worker->ready[worker->ready_count++] = tunnel->number;
}

void worker_opened(struct worker *worker, struct tunnel *tunnel) {
    uint64_t now = now_ns();
    const struct options *options = worker->options;
    if (!tunnel->awaits_session) {
        tunnel->since = now;
        if (worker_counts(worker)) {
            worker->tally.connections++;
            histogram_record(worker->openings, now - tunnel->due);
        }
        worker->tally.ended_ns = now;
        if (options->mode != MODE_CONNECT) worker->opening--;
        // Without WebSocket, TLS 1.3 tickets come after the handshake: the first connection waits for one.
        if (options->resume && !options->websocket && options->mode == MODE_CONNECT && worker->loop.session == NULL) {
            tunnel->awaits_session = true;
            return;
        }
    }
    tunnel->awaits_session = false;
    exchange_opened(worker, tunnel);
}

static void leave(struct worker *worker, struct tunnel *tunnel) {
    worker->open--;
    if (worker->options->mode == MODE_CONNECT) worker->idle[worker->idle_count++] = tunnel->number;
}

void worker_ended(struct worker *worker, struct tunnel *tunnel) {
    tunnel_discard(worker, tunnel, false);
    leave(worker, tunnel);
}

static void fail(struct worker *worker, struct tunnel *tunnel, bool corrupted, const char *format, va_list values) {
    char words[320];
    int count = snprintf(words, sizeof words, "tunnel %u: ", worker->first_number + tunnel->number);
    vsnprintf(words + count, sizeof words - (size_t)count, format, values);
    ERR_clear_error();
    if (tunnel->state > TUNNEL_CLOSED && tunnel->state < TUNNEL_OPEN && worker->options->mode != MODE_CONNECT)
        worker->opening--;
    else if (tunnel->state == TUNNEL_CLOSED && tunnel->wire.fd < 0 && worker->options->mode != MODE_CONNECT)
        worker->opening--;
    tunnel_discard(worker, tunnel, true);
    leave(worker, tunnel);
    run_failed(worker->run, words, corrupted);
}

void worker_failed(struct worker *worker, struct tunnel *tunnel, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fail(worker, tunnel, false, format, values);
    va_end(values);
}

void worker_corrupted(struct worker *worker, struct tunnel *tunnel, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fail(worker, tunnel, true, format, values);
    va_end(values);
}

// MARK: Phases

static void open_more(struct worker *worker) {
    uint32_t limit = worker->options->opening / (uint32_t)worker->options->threads;
    while (worker->next < worker->tunnel_count && (worker->opening == 0 || worker->opening < limit)) {
        worker->opening++;
        worker->open++;
        tunnel_open(worker, &worker->tunnels[worker->next++], now_ns());
    }
}

// Open loop: what was due by now, and, where it can't be sent, how much that is.
static void end_schedule(struct worker *worker) {
    double late = (double)exchange_due(worker) - worker->next_due;
    if (worker->measured && worker->quota == 0 && late >= 0)
        worker->tally.not_begun += (uint64_t)(late / worker->interval) + 1;
}

static void enter(struct worker *worker, uint32_t phase) {
    if (worker->running && worker->interval > 0) end_schedule(worker);
    worker->phase = phase;
    worker->arrived = false;
    worker->running = (phase & 255) == PHASE_RUNNING;
    switch (phase & 255) {
    case PHASE_OPENING: worker->next = 0; break;
    case PHASE_RUNNING: {
        // Its share is that of its tunnels: a thread without any has none.
        uint64_t quota = atomic_load(&worker->run->quota), total = worker->run->tunnel_count;
        uint64_t until = worker->first_number + worker->tunnel_count;
        worker->quota = quota * until / total - quota * worker->first_number / total;
        worker->measured = atomic_load(&worker->run->measured);
        // Late for this phase, so that these may be the next one's: that one is seen in a moment.
        if (atomic_load(&worker->run->phase) != phase) {
            worker->running = false;
            break;
        }
        worker->begun = 0;
        worker->tally.started_ns = worker->tally.ended_ns = now_ns();
        // Fewer messages than threads: this one has nothing to do.
        if (quota > 0 && worker->quota == 0) worker->running = false;
        else exchange_begin(worker);
        break;
    }
    case PHASE_CLOSING:
        for (uint32_t i = 0; i < worker->tunnel_count; i++) {
            struct tunnel *tunnel = &worker->tunnels[i];
            if (tunnel->state != TUNNEL_OPEN) continue;
            tunnel_select(worker, tunnel);
            tunnel_end(worker, tunnel);
            tunnel_flush(worker, tunnel);
        }
        break;
    default: break;
    }
}

static bool is_done(const struct worker *worker) {
    bool quiet = worker->under_way == 0 && (worker->options->mode != MODE_CONNECT || worker->open == 0);
    switch (worker->phase & 255) {
    case PHASE_OPENING: return worker->next == worker->tunnel_count && worker->opening == 0;
    case PHASE_RUNNING:
        if (!worker->running) return true;
        // All have failed, as many as may.
        if (worker->options->mode != MODE_CONNECT && worker->open == 0) return true;
        if (worker->options->mode == MODE_IDLE) return quiet && worker->next >= worker->tunnel_count;
        return quiet && worker->quota > 0 && worker->begun >= worker->quota;
    case PHASE_CLOSING: return worker->open == 0;
    case PHASE_DRAINING: return quiet;
    default: return true;
    }
}

// Once a second: tunnels in which something is expected and nothing came.
static void look_for_stalls(struct worker *worker) {
    uint64_t patience = (uint64_t)(worker->options->timeout * 1e9);
    for (uint32_t i = 0; i < worker->tunnel_count; i++) {
        struct tunnel *tunnel = &worker->tunnels[i];
        bool waits = tunnel->state == TUNNEL_OPEN ? tunnel->times.count > 0 || tunnel->awaits_session
                                                  : tunnel->state != TUNNEL_CLOSED;
        if (!waits || worker->now < tunnel->since + patience) continue;
        static const char *const awaited[] = {"", "the connection", "the TLS handshake", "the answer to the upgrade",
                                              "what was sent or asked for", "the connection's end"};
        worker_failed(worker, tunnel, "%s did not come within %g s (sent %llu bytes, received %llu, pending %zu)",
                      awaited[tunnel->state], worker->options->timeout, (unsigned long long)tunnel->sent,
                      (unsigned long long)tunnel->received, tunnel->wire.pending_count);
    }
}

// MARK: The loop

static void handle(struct worker *worker, const struct epoll_event *event) {
    if (event->data.u64 == WAKE) {
        uint64_t count;
        if (read(worker->wake, &count, sizeof count) < 0) return;
        return;
    }
    struct tunnel *tunnel = &worker->tunnels[(uint32_t)event->data.u64];
    if (tunnel->state == TUNNEL_CLOSED || tunnel->generation != event->data.u64 >> 32) return;
    tunnel_handle(worker, tunnel, event->events);
}

static void handle_ready(struct worker *worker) {
    // Those that are put back meanwhile have their turn after the next events.
    uint32_t count = worker->ready_count;
    for (uint32_t i = 0; i < count; i++) {
        struct tunnel *tunnel = &worker->tunnels[worker->ready[i]];
        tunnel->queued = false;
        if (tunnel->state != TUNNEL_CLOSED) tunnel_handle(worker, tunnel, 0);
    }
    worker->ready_count -= count;
    memmove(worker->ready, worker->ready + count, worker->ready_count * sizeof *worker->ready);
}

static int wait_for_events(struct worker *worker, struct epoll_event *events) {
    struct timespec timeout = {.tv_sec = 1};
    if (worker->ready_count > 0) {
        timeout.tv_sec = 0;
    } else if (worker->options->mode == MODE_CONNECT && worker->interval == 0 && worker->idle_count > 0 &&
               worker_may_begin(worker)) {
        // A connection could not even be begun.
        timeout = (struct timespec){.tv_nsec = 1000000};
    } else if (worker->interval > 0 && worker_may_begin(worker)) {
        double left = worker->next_due - (double)now_ns();
        bool blocked = worker->options->mode == MODE_CONNECT && worker->idle_count == 0;
        // A schedule that waits for a tunnel goes on with an event; at the latest after a millisecond.
        if (left <= 0) left = blocked ? 1e9 : 1e6;
        if (left < 1e9) timeout = (struct timespec){.tv_nsec = (long)left};
    }
    int count = epoll_pwait2(worker->epoll, events, EVENTS, &timeout, NULL);
    // Before Linux 5.11, and under valgrind: whole milliseconds, rather too early than late.
    if (count < 0 && errno == ENOSYS)
        count = epoll_wait(worker->epoll, events, EVENTS, (int)(timeout.tv_sec * 1000 + timeout.tv_nsec / 1000000));
    if (count < 0 && errno != EINTR) abort();
    return count < 0 ? 0 : count;
}

static void pin(const struct worker *worker) {
    const struct options *options = worker->options;
    if (options->cpu_count == 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(options->cpus[worker->index % options->cpu_count], &set);
    sched_setaffinity(0, sizeof set, &set);
}

void *worker_main(void *context) {
    struct worker *worker = context;
    struct epoll_event events[EVENTS], wake = {.events = EPOLLIN, .data.u64 = WAKE};
    pin(worker);
    prctl(PR_SET_TIMERSLACK, 1);
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->wake, &wake) < 0) abort();
    uint64_t looked = now_ns();
    for (;;) {
        int count = wait_for_events(worker, events);
        worker->now = now_ns();
        for (int i = 0; i < count; i++) handle(worker, &events[i]);
        if (worker->ready_count > 0) handle_ready(worker);
        uint32_t phase = atomic_load_explicit(&worker->run->phase, memory_order_acquire);
        if (phase != worker->phase) {
            if ((phase & 255) == PHASE_LEAVING) break;
            enter(worker, phase);
        }
        if ((worker->phase & 255) == PHASE_OPENING) open_more(worker);
        if (worker->running && worker->interval > 0) exchange_due(worker);
        else exchange_refill(worker);
        if (!worker->arrived && is_done(worker)) {
            worker->arrived = true;
            run_arrived(worker->run, worker);
        }
        if (worker->now - looked > NANOSECONDS) {
            looked = worker->now;
            look_for_stalls(worker);
        }
    }
    for (uint32_t i = 0; i < worker->tunnel_count; i++) tunnel_discard(worker, &worker->tunnels[i], true);
    return NULL;
}

#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "pattern.h"

#define WATCHED_THREADS 4096

// MARK: What workers report

bool run_next_token(struct run *run, const char **token) {
    uint64_t number = atomic_fetch_add_explicit(&run->next_token, 1, memory_order_relaxed);
    if (run->options->tokens_once && number >= run->options->token_count) return false;
    *token = run->options->tokens[number % run->options->token_count];
    return true;
}

void run_note_tls(struct run *run, const SSL *ssl) {
    if (atomic_load_explicit(&run->has_tls, memory_order_relaxed)) return;
    pthread_mutex_lock(&run->lock);
    if (!atomic_load(&run->has_tls)) {
        struct tls_facts *facts = &run->tls;
        SSL *connection = (SSL *)ssl;
        snprintf(facts->version, sizeof facts->version, "%s", SSL_get_version(ssl));
        snprintf(facts->cipher, sizeof facts->cipher, "%s", SSL_get_cipher_name(ssl));
        int group = (int)SSL_get_negotiated_group(connection);
        const char *name = group == 0 ? NULL : SSL_group_to_name(connection, group);
        snprintf(facts->group, sizeof facts->group, "%s", name == NULL ? "" : name);
        X509 *certificate = SSL_get0_peer_certificate(ssl);
        EVP_PKEY *key = certificate == NULL ? NULL : X509_get0_pubkey(certificate);
        if (key != NULL)
            snprintf(facts->certificate, sizeof facts->certificate, "%s %d", EVP_PKEY_get0_type_name(key),
                     EVP_PKEY_get_bits(key));
        atomic_store(&run->has_tls, true);
    }
    pthread_mutex_unlock(&run->lock);
}

void run_arrived(struct run *run, struct worker *worker) {
    pthread_mutex_lock(&run->lock);
    if (worker->phase == atomic_load(&run->phase)) run->arrived++;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

void run_failed(struct run *run, const char *words, bool corrupted) {
    pthread_mutex_lock(&run->lock);
    run->failures++;
    if (corrupted) run->corrupted = true;
    if (run->word_count < KEPT_FAILURES) snprintf(run->words[run->word_count++], sizeof run->words[0], "%s", words);
    if (corrupted || run->failures > run->options->allowed_failures) run->gave_up = true;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

// MARK: Phases

static void enter(struct run *run, enum phase kind, uint64_t quota, bool measured) {
    pthread_mutex_lock(&run->lock);
    run->arrived = 0;
    atomic_store(&run->quota, quota);
    atomic_store(&run->measured, measured);
    uint32_t number = (atomic_load(&run->phase) >> 8) + 1;
    atomic_store_explicit(&run->phase, number << 8 | kind, memory_order_release);
    pthread_mutex_unlock(&run->lock);
    uint64_t one = 1;
    for (int i = 0; i < run->options->threads; i++)
        if (write(run->workers[i].wake, &one, sizeof one) < 0) abort();
}

// Waits until all workers are done with the phase, or (seconds > 0) the time is up; false when the run was given up.
static bool await(struct run *run, double seconds, bool returns_when_done) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&run->lock);
    int error = 0;
    while (!run->gave_up && error != ETIMEDOUT && !(returns_when_done && run->arrived == run->options->threads))
        error = seconds > 0 ? pthread_cond_timedwait(&run->changed, &run->lock, &until)
                            : pthread_cond_wait(&run->changed, &run->lock);
    bool goes_on = !run->gave_up;
    pthread_mutex_unlock(&run->lock);
    return goes_on;
}

static bool rest(struct run *run, double seconds) {
    enter(run, PHASE_RESTING, 0, false);
    return seconds <= 0 || await(run, seconds, false);
}

// Lets messages flow, for a time or up to a number, and waits until none is under way.
static bool flow(struct run *run, double seconds, uint64_t quota, bool measured) {
    enter(run, PHASE_RUNNING, quota, measured);
    if (!await(run, quota > 0 ? 0 : seconds, true)) return false;
    enter(run, PHASE_DRAINING, 0, measured);
    return await(run, 0, true);
}

static double own_cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void begin_measuring(struct run *run) {
    observed_read(&run->backend, &run->backend_started);
    observed_read(&run->proxy, &run->started);
    tracer_count(&run->tracer, run->traced);
    run->own_started = own_cpu();
    run->started_ns = now_ns();
}

static void end_measuring(struct run *run) {
    run->ended_ns = now_ns();
    run->own_ended = own_cpu();
    tracer_count(&run->tracer, false);
    observed_read(&run->proxy, &run->ended);
    observed_read(&run->backend, &run->backend_ended);
}

static bool open_all(struct run *run) {
    const struct options *options = run->options;
    if (options->mode == MODE_CONNECT) return true;
    observed_read(&run->proxy, &run->started);
    uint64_t begun = now_ns();
    enter(run, PHASE_OPENING, 0, false);
    bool goes_on = await(run, 0, true);
    run->opening_ns = now_ns() - begun;
    if (options->mode == MODE_IDLE) goes_on = goes_on && rest(run, options->settle);
    observed_read(&run->proxy, &run->opened);
    run->opening_cpu = run->opened.cpu - run->started.cpu;
    return goes_on;
}

static bool measure_idle(struct run *run) {
    const struct options *options = run->options;
    begin_measuring(run);
    if (!rest(run, options->hold)) return false;
    end_measuring(run);
    if (options->big > 0) {
        enter(run, PHASE_RUNNING, 0, true);
        if (!await(run, 0, true)) return false;
        if (!rest(run, options->settle)) return false;
    }
    observed_read(&run->proxy, &run->after);
    return true;
}

static bool measure(struct run *run) {
    const struct options *options = run->options;
    if (!open_all(run)) return false;
    if (options->mode == MODE_IDLE) return measure_idle(run);
    if (options->warm_up > 0 && !flow(run, options->warm_up, 0, false)) return false;
    begin_measuring(run);
    bool goes_on = flow(run, options->seconds, options->count, true);
    end_measuring(run);
    return goes_on;
}

static bool leave(struct run *run) {
    enter(run, PHASE_CLOSING, 0, false);
    if (!await(run, 0, true)) return false;
    if (run->options->mode == MODE_IDLE && !rest(run, run->options->settle)) return false;
    observed_read(&run->proxy, &run->left);
    return true;
}

// MARK: Workers

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count == 0 ? 1 : count, size);
    if (memory == NULL) abort();
    return memory;
}

// The bulk tunnels first, one to each thread in turn; the echoing ones take the rest.
static enum role role_of(const struct options *options, uint32_t number) {
    if (number < options->downloads) return ROLE_DOWNLOAD;
    return number < options->downloads + options->uploads ? ROLE_UPLOAD : ROLE_ECHO;
}

static void prepare_worker(struct run *run, int index, SSL_CTX *context) {
    const struct options *options = run->options;
    struct worker *worker = &run->workers[index];
    uint32_t threads = (uint32_t)options->threads;
    uint32_t total = run->tunnel_count;
    worker->run = run;
    worker->options = options;
    worker->index = index;
    worker->random = 0x9e3779b97f4a7c15ull * (uint64_t)(index + 1);
    worker->tunnel_count = total / threads + ((uint32_t)index < total % threads ? 1 : 0);
    worker->tunnels = zeroed(worker->tunnel_count, sizeof *worker->tunnels);
    worker->ready = zeroed(2 * (size_t)worker->tunnel_count, sizeof *worker->ready);
    worker->idle = zeroed(worker->tunnel_count, sizeof *worker->idle);
    for (int i = 0; i < index; i++) worker->first_number += run->workers[i].tunnel_count;
    for (uint32_t i = 0; i < worker->tunnel_count; i++) {
        struct tunnel *tunnel = &worker->tunnels[i];
        tunnel->number = i;
        tunnel->wire.fd = -1;
        tunnel->role = role_of(options, (uint32_t)index + i * threads);
        tunnel->base = ((uint64_t)worker->first_number + i) * 4099 % PATTERN_PERIOD;
    }
    if (options->mode == MODE_CONNECT)
        for (uint32_t i = 0; i < worker->tunnel_count; i++) worker->idle[worker->idle_count++] = i;
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->epoll < 0 || worker->wake < 0) abort();
    // Of the rate it has the share of its tunnels that echo or connect; without any, nothing is ever due.
    uint32_t own = 0;
    for (uint32_t i = 0; i < worker->tunnel_count; i++) own += worker->tunnels[i].role == ROLE_ECHO;
    if (options->rate > 0) worker->interval = own == 0 ? 1e18 : 1e9 / options->rate * options->tunnels / own;
    worker->plain = zeroed(PLAIN_ROOM, 1);
    worker->frame = zeroed(options->frame + FRAME_HEAD_MAXIMUM, 1);
    worker->latency = histogram_create();
    worker->requests = histogram_create();
    worker->openings = histogram_create();
    wire_loop_prepare(&worker->loop, context);
}

static void gather(struct run *run) {
    run->latency = histogram_create();
    run->requests = histogram_create();
    run->openings = histogram_create();
    uint64_t started = UINT64_MAX, ended = 0;
    for (int i = 0; i < run->options->threads; i++) {
        struct worker *worker = &run->workers[i];
        histogram_add(run->latency, worker->latency);
        histogram_add(run->requests, worker->requests);
        histogram_add(run->openings, worker->openings);
        run->tally.requests += worker->tally.requests;
        run->tally.messages += worker->tally.messages;
        run->tally.bytes_up += worker->tally.bytes_up;
        run->tally.bytes_down += worker->tally.bytes_down;
        run->tally.connections += worker->tally.connections;
        run->tally.resumed += worker->tally.resumed;
        run->tally.tokens += worker->tally.tokens;
        run->tally.not_begun += worker->tally.not_begun;
        if (worker->tally.started_ns != 0 && worker->tally.started_ns < started) started = worker->tally.started_ns;
        if (worker->tally.ended_ns > ended) ended = worker->tally.ended_ns;
    }
    run->running_ns = ended > started ? ended - started : 0;
}

static void raise_descriptor_limit(uint32_t tunnels) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)tunnels + 64)
        fprintf(stderr, "secure-proxy-bench: %u tunnels need more than the %llu descriptors allowed here (ulimit -n)\n",
                tunnels, (unsigned long long)limit.rlim_cur);
}

// What must hold besides that nothing failed.
static bool is_complete(struct run *run) {
    const struct options *options = run->options;
    char words[160] = "";
    uint64_t wanted = run->tally.messages + run->tally.requests;
    if (options->mode == MODE_CONNECT) wanted = run->tally.connections;
    if (options->count > 0 && options->mode != MODE_IDLE && wanted + run->failures < options->count)
        snprintf(words, sizeof words, "%llu of %llu happened", (unsigned long long)wanted,
                 (unsigned long long)options->count);
    if (options->mode != MODE_IDLE && wanted == 0) snprintf(words, sizeof words, "nothing was answered");
    if (options->resume && run->tally.resumed == 0) snprintf(words, sizeof words, "--resume: no session was resumed");
    if (words[0] == 0) return true;
    run_failed(run, words, true);
    return false;
}

bool run_perform(struct run *run, const struct options *options) {
    memset(run, 0, sizeof *run);
    run->options = options;
    pthread_mutex_init(&run->lock, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&run->changed, &clock);
    run->tunnel_count = options->tunnels + options->uploads + options->downloads;
    raise_descriptor_limit(run->tunnel_count);
    pattern_prepare(options->frame < PLAIN_ROOM ? PLAIN_ROOM : options->frame);
    if (options->websocket) websocket_prepare(options);
    SSL_CTX *context = wire_context(options);

    observed_begin(&run->proxy, &options->proxy, options->children);
    observed_begin(&run->backend, &options->backend, false);
    if (options->trace) {
        pid_t threads[WATCHED_THREADS];
        run->traced = tracer_begin(&run->tracer, threads, observed_threads(&run->proxy, threads, WATCHED_THREADS));
        if (!run->traced) run_failed(run, "--trace-syscalls: the proxy can't be traced", true);
    }
    observed_read(&run->proxy, &run->before);
    if (!run->before.complete) run_failed(run, "--pid: there is no such process", true);

    run->workers = zeroed((size_t)options->threads, sizeof *run->workers);
    for (int i = 0; i < options->threads; i++) prepare_worker(run, i, context);
    for (int i = 0; i < options->threads; i++)
        if (pthread_create(&run->workers[i].thread, NULL, worker_main, &run->workers[i]) != 0) abort();
    bool happened = !run->gave_up && measure(run) && leave(run);
    enter(run, PHASE_LEAVING, 0, false);
    for (int i = 0; i < options->threads; i++) pthread_join(run->workers[i].thread, NULL);
    tracer_end(&run->tracer);
    gather(run);
    if (happened && !run->ended.complete) {
        run_failed(run, "--pid: a process ended while it was measured", true);
        happened = false;
    }
    observed_end(&run->proxy);
    observed_end(&run->backend);
    return happened && is_complete(run);
}

// The log pump of CLinuxProcess.h.
//
// A ring of records under a mutex that is held for copying only; one thread takes a record at a time out of it and
// writes it. A record is its length (4 bytes), its target (1 byte) and its bytes, wrapping at the ring's end.
//
//   running ──finish──▶ closing (the thread moves what is left) ──▶ ended
//                          └─ the wait ran out ─▶ abandoned (the thread drops what is left) ──▶ ended
//
// A thread that is woken for each line costs a busy process more than the line does. So once it has written what there
// was, it rests for a few milliseconds, in which lines for patient targets only gather; the first one after a quiet time,
// and every line for another target, is written at once.
//
// The structure is freed by whoever leaves last, the owner or the thread: a thread stuck in a write outlives its owner.
#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RECORD_HEAD 5
#define MAXIMUM_TARGETS 16
// How long a non-blocking target (a pipe, a terminal) may take none of a line before the line counts as failed.
#define PATIENCE_MILLISECONDS 1000
// How long lines may gather before they are written.
#define REST_NANOSECONDS 10000000
// How much of the ring stays in memory when nothing is written.
#define KEPT_BYTES 65536

struct clinux_pump {
    pthread_mutex_t lock;
    pthread_cond_t work;   // a record came, or the state changed
    pthread_cond_t ended_; // the thread has ended
    size_t capacity, start, used;
    size_t touched;  // how much of the ring, from its beginning, has been used since memory was given back
    bool closing, ended;
    bool resting;  // a line for a patient target need not wake the thread, unless the ring fills
    bool urgent;   // a line for another target came meanwhile
    uint32_t patient;  // which targets may be kept waiting for a rest: a bit each
    _Atomic bool abandoned;
    int references;
    int count;
    int targets[MAXIMUM_TARGETS];
    bool torn[MAXIMUM_TARGETS];  // the thread's own: a line broke off, the next must not continue it
    _Atomic uint64_t failed, written;
    uint8_t line[CLINUX_PUMP_LINE];  // the thread's own
    uint8_t ring[];
};

static void copy_in(struct clinux_pump *pump, const void *bytes, size_t count) {
    size_t at = (pump->start + pump->used) % pump->capacity;
    size_t first = pump->capacity - at < count ? pump->capacity - at : count;
    if (first > 0) memcpy(pump->ring + at, bytes, first);
    if (count > first) memcpy(pump->ring, (const uint8_t *)bytes + first, count - first);
    pump->used += count;
    if (at + first > pump->touched) pump->touched = at + first;
}

static void copy_out(struct clinux_pump *pump, void *bytes, size_t count) {
    size_t first = pump->capacity - pump->start < count ? pump->capacity - pump->start : count;
    if (first > 0) memcpy(bytes, pump->ring + pump->start, first);
    if (count > first) memcpy((uint8_t *)bytes + first, pump->ring, count - first);
    pump->used -= count;
    // An empty ring begins anew: lines that come one by one use the same few pages of it for ever.
    pump->start = pump->used == 0 ? 0 : (pump->start + count) % pump->capacity;
}

// Gives the pages back that a burst of lines has left in the ring, which is empty.
static void give_back(struct clinux_pump *pump) {
    if (pump->touched <= KEPT_BYTES) return;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)pump->ring + KEPT_BYTES + page - 1) & ~(page - 1);
    uintptr_t to = ((uintptr_t)pump->ring + pump->touched) & ~(page - 1);
    if (from < to) madvise((void *)from, to - from, MADV_DONTNEED);
    pump->touched = KEPT_BYTES;
}

// Writes the line to its target, whole; false when the target did not take all of it.
static bool write_line(struct clinux_pump *pump, int target, size_t count) {
    int descriptor = pump->targets[target];
    size_t at = 0;
    if (pump->torn[target]) {
        if (write(descriptor, "\n", 1) != 1) return false;
        pump->torn[target] = false;
    }
    while (at < count && !pump->abandoned) {
        ssize_t written = write(descriptor, pump->line + at, count - at);
        if (written > 0) {
            at += (size_t)written;
            continue;
        }
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
            int ready = poll(&wait, 1, PATIENCE_MILLISECONDS);
            if (ready > 0 && (wait.revents & POLLOUT) != 0) continue;
        }
        break;
    }
    pump->torn[target] = at > 0 && at < count;
    return at == count;
}

static void release_locked(struct clinux_pump *pump) {
    bool last = --pump->references == 0;
    pthread_mutex_unlock(&pump->lock);
    if (!last) return;
    pthread_mutex_destroy(&pump->lock);
    pthread_cond_destroy(&pump->work);
    pthread_cond_destroy(&pump->ended_);
    free(pump);
}

static bool is_filling(const struct clinux_pump *pump) { return pump->used > pump->capacity / 4; }

static struct timespec time_after(int64_t nanoseconds) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += nanoseconds / 1000000000;
    time.tv_nsec += nanoseconds % 1000000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

// Lets lines gather, after some were written.
static void rest(struct clinux_pump *pump) {
    struct timespec end = time_after(REST_NANOSECONDS);
    pump->resting = true;
    pump->urgent = false;
    int error = 0;
    while (!pump->closing && !pump->urgent && !is_filling(pump) && error == 0)
        error = pthread_cond_timedwait(&pump->work, &pump->lock, &end);
    pump->resting = false;
}

static void *move_lines(void *context) {
    struct clinux_pump *pump = context;
    bool has_written = false;
    pthread_mutex_lock(&pump->lock);
    while (true) {
        if (pump->used == 0 && has_written && !pump->closing) {
            rest(pump);
            has_written = false;
            if (pump->used == 0) give_back(pump);
        }
        while (pump->used == 0 && !pump->closing) pthread_cond_wait(&pump->work, &pump->lock);
        if (pump->used == 0 || pump->abandoned) break;
        uint32_t count;
        uint8_t target;
        copy_out(pump, &count, sizeof count);
        copy_out(pump, &target, sizeof target);
        copy_out(pump, pump->line, count);
        pthread_mutex_unlock(&pump->lock);
        bool taken = write_line(pump, target, count);
        has_written = true;
        atomic_fetch_add_explicit(taken ? &pump->written : &pump->failed, 1, memory_order_relaxed);
        pthread_mutex_lock(&pump->lock);
    }
    pump->ended = true;
    pthread_cond_broadcast(&pump->ended_);
    release_locked(pump);
    return NULL;
}

static int start_thread(struct clinux_pump *pump) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    // Signals are the event loop's business; a pipe without a reader answers EPIPE to a thread that blocks SIGPIPE.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, move_lines, pump);
    if (error == 0) pthread_setname_np(thread, "log-pump");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

struct clinux_pump *clinux_pump_start(const int *targets, int count, uint32_t patient, size_t capacity, int *error) {
    *error = EINVAL;
    if (count < 1 || count > MAXIMUM_TARGETS || capacity < RECORD_HEAD + CLINUX_PUMP_LINE || capacity > UINT32_MAX) return NULL;
    struct clinux_pump *pump = calloc(1, sizeof *pump + capacity);
    if (!pump) {
        *error = ENOMEM;
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pump->lock, NULL);
    pthread_cond_init(&pump->work, &monotonic);
    pthread_cond_init(&pump->ended_, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pump->capacity = capacity;
    pump->references = 2;
    pump->count = count;
    pump->patient = patient;
    memcpy(pump->targets, targets, (size_t)count * sizeof *targets);
    *error = start_thread(pump);
    if (*error != 0) {
        free(pump);
        return NULL;
    }
    return pump;
}

bool clinux_pump_write(struct clinux_pump *pump, int target, const void *bytes, size_t count, const void *rest,
                       size_t rest_count) {
    if (target < 0 || target >= pump->count) return false;
    if (count > CLINUX_PUMP_LINE || rest_count > CLINUX_PUMP_LINE - count) return false;
    bool taken = false;
    pthread_mutex_lock(&pump->lock);
    size_t room = pump->capacity - pump->used;
    if (!pump->closing && room >= RECORD_HEAD && count <= room - RECORD_HEAD &&
        rest_count <= room - RECORD_HEAD - count) {
        uint32_t length = (uint32_t)(count + rest_count);
        uint8_t index = (uint8_t)target;
        bool was_empty = pump->used == 0;
        copy_in(pump, &length, sizeof length);
        copy_in(pump, &index, sizeof index);
        copy_in(pump, bytes, count);
        copy_in(pump, rest, rest_count);
        taken = true;
        if (pump->resting && !(pump->patient & 1u << target)) pump->urgent = true;
        if (pump->resting ? pump->urgent || is_filling(pump) : was_empty) pthread_cond_signal(&pump->work);
    }
    pthread_mutex_unlock(&pump->lock);
    return taken;
}

uint64_t clinux_pump_failed(const struct clinux_pump *pump) {
    return atomic_load_explicit(&pump->failed, memory_order_relaxed);
}

uint64_t clinux_pump_written(const struct clinux_pump *pump) {
    return atomic_load_explicit(&pump->written, memory_order_relaxed);
}

bool clinux_pump_finish(struct clinux_pump *pump, int64_t nanoseconds) {
    struct timespec end = time_after(nanoseconds < 0 ? 0 : nanoseconds);
    pthread_mutex_lock(&pump->lock);
    pump->closing = true;
    pthread_cond_signal(&pump->work);
    int error = 0;
    while (!pump->ended && error == 0) error = pthread_cond_timedwait(&pump->ended_, &pump->lock, &end);
    // The targets may be closed, and their numbers be somebody else's, after this: nothing more may be written.
    if (!pump->ended) pump->abandoned = true;
    bool done = pump->ended && pump->used == 0;
    pthread_mutex_unlock(&pump->lock);
    return done;
}

void clinux_pump_release(struct clinux_pump *pump) {
    pthread_mutex_lock(&pump->lock);
    release_locked(pump);
}

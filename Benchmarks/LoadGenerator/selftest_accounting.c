// Is the CPU time right that is reported for somebody else's processes? Some burn a known amount, and are asked.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "cost.h"
#include "selftest.h"

// What each burner takes, in milliseconds: different sums for whatever is left out or counted twice.
enum { BEFORE = 40, MAIN = 20, THREAD = 30, ENDED_THREAD = 50, CHILD = 70, ENDED_CHILD = 110 };
#define LIVING (MAIN + THREAD + ENDED_THREAD + CHILD)
// Ticks of ended children, and what starting and asking costs.
#define TOLERANCE 25

// Exactly `milliseconds` of this thread's own time, however long that takes.
static void burn(int milliseconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000000l + now.tv_nsec - start.tv_nsec < milliseconds * 1000000l);
}

static void *burn_in_thread(void *argument) {
    burn(*(const int *)argument);
    return NULL;
}

// A burner that stays until it is told to go.
struct staying {
    int milliseconds, done, leave;
};

static void *burn_and_stay(void *argument) {
    struct staying *staying = argument;
    burn(staying->milliseconds);
    char byte = 0;
    if (write(staying->done, &byte, 1) == 1 && read(staying->leave, &byte, 1) < 0) return NULL;
    return NULL;
}

static void start_thread(pthread_t *thread, void *(*body)(void *), void *argument) {
    if (pthread_create(thread, NULL, body, argument) != 0) _exit(1);
}

// The process that is watched: it has a thread that stays, one that ends, a child that stays, one that ends.
static void be_watched(int told, int tells) {
    char byte = 0;
    int idle[2], ready[2];
    if (pipe(idle) != 0 || pipe(ready) != 0) _exit(1);
    burn(BEFORE);
    if (write(tells, &byte, 1) != 1 || read(told, &byte, 1) != 1) _exit(1);

    pthread_t threads[2];
    struct staying staying = {THREAD, ready[1], idle[0]};
    int ended = ENDED_THREAD;
    start_thread(&threads[0], burn_and_stay, &staying);
    start_thread(&threads[1], burn_in_thread, &ended);
    pthread_join(threads[1], NULL);
    pid_t child = fork();
    if (child == 0) {
        struct staying self = {CHILD, ready[1], told};
        burn_and_stay(&self);
        _exit(0);
    }
    pid_t short_lived = fork();
    if (short_lived == 0) {
        burn(ENDED_CHILD);
        _exit(0);
    }
    if (child < 0 || short_lived < 0 || waitpid(short_lived, NULL, 0) != short_lived) _exit(1);
    burn(MAIN);
    for (int i = 0; i < 2; i++)
        if (read(ready[0], &byte, 1) != 1) _exit(1);
    if (write(tells, &byte, 1) != 1 || read(told, &byte, 1) < 0) _exit(1);
    waitpid(child, NULL, 0);
    _exit(0);
}

static bool is_near(double seconds, int milliseconds) {
    double error = seconds * 1000 - milliseconds;
    if (error > -TOLERANCE && error < TOLERANCE) return true;
    printf("  %.1f ms instead of %d\n", seconds * 1000, milliseconds);
    return false;
}

void self_test_accounting(void) {
    int told[2], tells[2];
    if (pipe(told) != 0 || pipe(tells) != 0) abort();
    fflush(stdout);
    pid_t process = fork();
    if (process == 0) {
        close(told[1]);
        close(tells[0]);
        be_watched(told[0], tells[1]);
    }
    close(told[0]);
    close(tells[1]);
    CHECK(process > 0);
    char byte = 0;
    struct pid_list roots = {.count = 1, .pids = {process}};
    struct observed alone, family;
    struct cost before[2], after[2];
    bool spoke = read(tells[0], &byte, 1) == 1;
    CHECK(spoke);
    observed_begin(&alone, &roots, false);
    observed_begin(&family, &roots, true);
    observed_read(&alone, &before[0]);
    observed_read(&family, &before[1]);
    if (spoke) spoke = write(told[1], &byte, 1) == 1 && read(tells[0], &byte, 1) == 1;
    CHECK(spoke);
    observed_read(&alone, &after[0]);
    observed_read(&family, &after[1]);
    if (spoke) {
        CHECK(before[1].processes == 1 && before[1].threads == 1);
        CHECK(is_near(before[0].cpu, BEFORE));
        CHECK(after[0].processes == 1 && after[0].threads == 2);
        CHECK(is_near(after[0].cpu - before[0].cpu, LIVING - CHILD));
        CHECK(after[1].processes == 2 && after[1].threads == 3);
        CHECK(is_near(after[1].cpu - before[1].cpu, LIVING + ENDED_CHILD));
        CHECK(after[1].memory.known && after[1].memory.resident > after[1].memory.anonymous);
        CHECK(after[1].memory.proportional <= after[1].memory.resident);
        CHECK(after[1].memory.resident > after[0].memory.resident);
    }
    observed_end(&alone);
    observed_end(&family);
    // Both of them wait for this end of the pipe.
    close(told[1]);
    close(tells[0]);
    if (process > 0) waitpid(process, NULL, 0);
    struct cost gone;
    observed_begin(&alone, &roots, false);
    observed_read(&alone, &gone);
    CHECK(!gone.complete && gone.processes == 0);
    observed_end(&alone);
}

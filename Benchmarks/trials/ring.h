// The few parts of io_uring that the trial needs, by the kernel's own interface, so that no library is needed.
#ifndef RING_H
#define RING_H

#include "trial.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { SUBMISSIONS = 4096, COMPLETIONS = 16384 };

static struct {
    int descriptor;
    unsigned *sq_head, *sq_tail, *sq_array, sq_mask, to_submit;
    unsigned *cq_head, *cq_tail, cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
} ring;

static void *ring_map(size_t size, off_t offset) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.descriptor, offset);
    if (at == MAP_FAILED) fail("mmap of the ring");
    return at;
}

static void ring_create(void) {
    struct io_uring_params about = {
        .flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        .cq_entries = COMPLETIONS,
    };
    ring.descriptor = (int)syscall(__NR_io_uring_setup, SUBMISSIONS, &about);
    if (ring.descriptor < 0) fail("io_uring_setup");
    char *sq = ring_map(about.sq_off.array + about.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    char *cq = ring_map(about.cq_off.cqes + about.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
    ring.sqes = ring_map(about.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    ring.sq_head = (unsigned *)(sq + about.sq_off.head);
    ring.sq_tail = (unsigned *)(sq + about.sq_off.tail);
    ring.sq_mask = about.sq_entries - 1;
    ring.cq_head = (unsigned *)(cq + about.cq_off.head);
    ring.cq_tail = (unsigned *)(cq + about.cq_off.tail);
    ring.cq_mask = about.cq_entries - 1;
    ring.cqes = (struct io_uring_cqe *)(cq + about.cq_off.cqes);
    ring.sq_array = (unsigned *)(sq + about.sq_off.array);
    for (unsigned i = 0; i < about.sq_entries; i++) ring.sq_array[i] = i;
}

static int ring_enter(unsigned wait_for) {
    unsigned submitting = ring.to_submit;
    ring.to_submit = 0;
    return (int)CALL(syscall(__NR_io_uring_enter, ring.descriptor, submitting, wait_for, IORING_ENTER_GETEVENTS, NULL,
                             0));
}

// Room for one more request; submitted with the next wait, or now if the queue is full.
static struct io_uring_sqe *ring_request(void) {
    unsigned tail = *ring.sq_tail;
    if (tail - __atomic_load_n(ring.sq_head, __ATOMIC_ACQUIRE) > ring.sq_mask) ring_enter(0);
    struct io_uring_sqe *request = &ring.sqes[tail & ring.sq_mask];
    memset(request, 0, sizeof *request);
    __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
    ring.to_submit++;
    return request;
}

// Buffers that the kernel may fill: a ring shared with it, all of one group.
static struct io_uring_buf_ring *pool;
static char *pool_bytes;
static unsigned pool_count, pool_size;

static char *pool_buffer(unsigned number) { return pool_bytes + (size_t)number * pool_size; }

static void pool_give(unsigned number) {
    struct io_uring_buf *place = &pool->bufs[pool->tail & (pool_count - 1)];
    place->addr = (uint64_t)(uintptr_t)pool_buffer(number);
    place->len = pool_size;
    place->bid = (uint16_t)number;
    __atomic_store_n(&pool->tail, (uint16_t)(pool->tail + 1), __ATOMIC_RELEASE);
}

static void pool_create(unsigned count, unsigned size) {
    pool_count = count;
    pool_size = size;
    size_t all = (size_t)count * size;
    pool_bytes = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    pool = mmap(NULL, count * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool_bytes == MAP_FAILED || pool == MAP_FAILED) fail("mmap of the buffers");
    struct io_uring_buf_reg about = {.ring_addr = (uint64_t)(uintptr_t)pool, .ring_entries = count, .bgid = 0};
    if (syscall(__NR_io_uring_register, ring.descriptor, IORING_REGISTER_PBUF_RING, &about, 1) != 0)
        fail("io_uring_register: buffers");
    for (unsigned i = 0; i < count; i++) pool_give(i);
}

#endif

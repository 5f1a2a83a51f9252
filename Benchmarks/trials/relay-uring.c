// The relay of relay-epoll.c on io_uring: receives into provided buffers, sends from them, and one system call a turn
// that submits and waits.
//
//   relay-uring LISTEN-PORT BACKEND-PORT [multi|single] [BUFFERS BYTES]
//
// "multi": one request receives until it is cancelled. "single": a request for each piece, which keeps the order of
// "read only what the other side can take" without cancelling.
#include "ring.h"

enum { HELD = 4 };  // pieces that may wait for one socket before its source is no longer read
enum tag { RECEIVED, SENT, ACCEPTED, CANCELLED, TAGS };

struct end {
    int socket;
    bool receiving, sending, over, starved;
    struct end *other, *next_starved;
    int first, last, held;  // pieces waiting for this socket, by the number of their buffer
    unsigned offset;        // sent of the first
};

static int backend_port, next_piece[1 << 15];
static unsigned length_of[1 << 15];
static bool multi;
static struct end *starving;
static unsigned at_once;  // sends submitted that complete while they are submitted
static bool urgent;       // one of them is itself awaited: something waits behind it
static bool gave_back;

static struct io_uring_sqe *request(int operation, struct end *end, enum tag tag) {
    struct io_uring_sqe *made = ring_request();
    made->opcode = (uint8_t)operation;
    made->user_data = (uint64_t)(uintptr_t)end | tag;
    if (end != NULL) made->fd = end->socket;
    return made;
}

static void start_receiving(struct end *end, bool wait_first) {
    if (end->receiving || end->over || end->other->held >= HELD) return;
    struct io_uring_sqe *receive = request(IORING_OP_RECV, end, RECEIVED);
    receive->flags = IOSQE_BUFFER_SELECT;
    receive->ioprio = (uint16_t)((multi ? IORING_RECV_MULTISHOT : 0) | (wait_first ? IORING_RECVSEND_POLL_FIRST : 0));
    end->receiving = true;
}

// The first try never waits, so it completes within the call that submits it, and the loop knows how many completions
// aren't news. What the socket doesn't take then waits in the kernel.
static void start_sending(struct end *end, bool may_wait) {
    struct io_uring_sqe *send = request(IORING_OP_SEND, end, SENT);
    send->addr = (uint64_t)(uintptr_t)(pool_buffer((unsigned)end->first) + end->offset);
    send->len = length_of[end->first] - end->offset;
    send->msg_flags = may_wait ? 0 : MSG_DONTWAIT;
    end->sending = true;
    if (!may_wait) at_once++;
    if (end->held > 1) urgent = true;
}

static void hold(struct end *to, unsigned buffer) {
    next_piece[buffer] = -1;
    if (to->held++ == 0) to->first = (int)buffer;
    else next_piece[to->last] = (int)buffer;
    if (to->held > 1) urgent = true;
    to->last = (int)buffer;
}

static void let_go(struct end *to) {
    unsigned buffer = (unsigned)to->first;
    to->first = next_piece[buffer];
    to->held--;
    to->offset = 0;
    pool_give(buffer);
    gave_back = true;
}

static void free_if_quiet(struct end *end) {
    struct end *other = end->other, *first = end < other ? end : other;
    if (end->receiving || end->sending || other->receiving || other->sending || end->starved || other->starved) return;
    while (end->held > 0) let_go(end);
    while (other->held > 0) let_go(other);
    close(end->socket);
    close(other->socket);
    free(first);
}

static void end_pair(struct end *end) {
    if (!end->over) {
        shutdown(end->socket, SHUT_RDWR);
        shutdown(end->other->socket, SHUT_RDWR);
    }
    end->over = end->other->over = true;
    free_if_quiet(end);
}

static void received(struct end *end, const struct io_uring_cqe *event) {
    if (!(event->flags & IORING_CQE_F_MORE)) end->receiving = false;
    if (event->res > 0) {
        unsigned buffer = event->flags >> IORING_CQE_BUFFER_SHIFT;
        transform(pool_buffer(buffer), (size_t)event->res);
        counts.bytes += (unsigned)event->res;
        counts.pieces++;
        length_of[buffer] = (unsigned)event->res;
        hold(end->other, buffer);
        if (end->over) return free_if_quiet(end);
        if (!end->other->sending) start_sending(end->other, false);
        if (end->other->held >= HELD && end->receiving) {
            struct io_uring_sqe *cancel = request(IORING_OP_ASYNC_CANCEL, NULL, CANCELLED);
            cancel->addr = (uint64_t)(uintptr_t)end | RECEIVED;
        }
        start_receiving(end, !(event->flags & IORING_CQE_F_SOCK_NONEMPTY));
    } else if (event->res == -ENOBUFS && !end->over) {
        if (end->starved) return;
        end->starved = true;
        end->next_starved = starving;
        starving = end;
    } else if (event->res == -ECANCELED && !end->over) {
        start_receiving(end, false);
    } else {
        end_pair(end);
    }
}

static void sent(struct end *end, const struct io_uring_cqe *event) {
    end->sending = false;
    if (end->over || (event->res < 0 && event->res != -EAGAIN)) return end_pair(end);
    if (event->res > 0) end->offset += (unsigned)event->res;
    if (end->offset < length_of[end->first]) return start_sending(end, true);
    let_go(end);
    if (end->held > 0) start_sending(end, false);
    start_receiving(end->other, false);
}

static void accepted(int client) {
    if (client < 0) {
        errno = -client;
        fail("accept");
    }
    struct end *pair = calloc(2, sizeof *pair);
    if (pair == NULL) fail("calloc");
    pair[0] = (struct end){.socket = client, .other = &pair[1]};
    pair[1] = (struct end){.socket = connect_to(backend_port), .other = &pair[0]};
    for (int i = 0; i < 2; i++) {
        no_delay(pair[i].socket);
        start_receiving(&pair[i], true);
    }
}

// Tries again where the pool was empty, once something has come back.
static void feed_starving(void) {
    struct end *end = starving;
    if (!gave_back) return;
    starving = NULL;
    gave_back = false;
    while (end != NULL) {
        struct end *next = end->next_starved;
        end->starved = false;
        if (end->over) free_if_quiet(end);
        else start_receiving(end, false);
        end = next;
    }
}

static void handle(const struct io_uring_cqe *event) {
    struct end *end = (struct end *)(uintptr_t)(event->user_data & ~(uint64_t)(TAGS - 1));
    switch ((enum tag)(event->user_data & (TAGS - 1))) {
    case RECEIVED: return received(end, event);
    case SENT: return sent(end, event);
    case ACCEPTED: return accepted(event->res);
    case CANCELLED: case TAGS: return;
    }
}

int main(int count, char **words) {
    if (count < 3) return 2;
    multi = count < 4 || strcmp(words[3], "multi") == 0;
    backend_port = atoi(words[2]);
    int listener = listen_on(atoi(words[1]));
    ring_create();
    pool_create(count > 5 ? (unsigned)atoi(words[4]) : 256, count > 5 ? (unsigned)atoi(words[5]) : PIECE);
    struct io_uring_sqe *accept = request(IORING_OP_ACCEPT, NULL, ACCEPTED);
    accept->fd = listener;
    accept->ioprio = IORING_ACCEPT_MULTISHOT;
    listen_to_signals();
    while (!asked_to_stop) {
        // Those that complete at once, and one that is news. Where something waits behind a send, or for a buffer, a
        // send's completion is news too: to wait for more would stall that tunnel, or the whole relay.
        unsigned wait_for = urgent || starving != NULL ? 1 : at_once + 1;
        at_once = 0;
        urgent = false;
        if (ring_enter(wait_for) < 0 && errno != EINTR && errno != EBUSY) fail("io_uring_enter");
        counts.turns++;
        unsigned head = *ring.cq_head, tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++) {
            struct io_uring_cqe event = ring.cqes[head & ring.cq_mask];
            __atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
            handle(&event);
        }
        feed_starving();
    }
    print_counts();
}

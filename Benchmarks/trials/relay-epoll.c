// A TCP relay on one thread: edge-triggered epoll, receive, transform, send. The yardstick of the other trials.
//
//   relay-epoll LISTEN-PORT BACKEND-PORT [defer]
//
// OFFSET=n in the environment puts the buffer n bytes behind the start of a page.
// With "defer", everything that is ready is received first, and sent afterwards.
#include "trial.h"

#include <sys/epoll.h>

enum { EVENTS = 512, ARENA = 1 << 20 };

struct end {
    int socket;
    bool readable, hung_up, listed, over;
    struct end *other, *next_over;
    char *pending;  // what the socket didn't take
    size_t start, length;
};

struct piece {
    struct end *to;
    char *bytes;
    size_t length;
};

static int set, backend_port;
static bool deferring;
static char *arena;
static size_t used;
static struct piece pieces[ARENA / 64];
static int piece_count;
static struct end **ready, **ready_again, *finished;
static int ready_count, room;

static void watch(struct end *end) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = end};
    no_delay(end->socket);
    fcntl(end->socket, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(set, EPOLL_CTL_ADD, end->socket, &event) != 0) fail("epoll_ctl");
}

static void open_pair(int client) {
    struct end *pair = calloc(2, sizeof *pair);
    if (pair == NULL) fail("calloc");
    pair[0].socket = client;
    pair[1].socket = connect_to(backend_port);
    pair[0].other = &pair[1];
    pair[1].other = &pair[0];
    watch(&pair[0]);
    watch(&pair[1]);
}

// The memory stays until the turn is over, as events and pieces may still point to it.
static void end_pair(struct end *end) {
    if (end->over) return;
    end->over = end->other->over = true;
    close(end->socket);
    close(end->other->socket);
    end->next_over = finished;
    finished = end;
}

static void free_finished(void) {
    while (finished != NULL) {
        struct end *end = finished, *first = end < end->other ? end : end->other;
        finished = end->next_over;
        free(first[0].pending);
        free(first[1].pending);
        free(first);
    }
}

static void list(struct end *end) {
    if (end->listed || end->over || !end->readable || end->other->length > 0) return;
    if (ready_count == room) {
        room = room * 2 + 64;
        ready = realloc(ready, (size_t)room * sizeof *ready);
        ready_again = realloc(ready_again, (size_t)room * sizeof *ready_again);
        if (ready == NULL || ready_again == NULL) fail("realloc");
    }
    end->listed = true;
    ready[ready_count++] = end;
}

static void send_pieces(void) {
    for (int i = 0; i < piece_count; i++) {
        struct piece *piece = &pieces[i];
        if (piece->to->over) continue;
        ssize_t sent = CALL(send(piece->to->socket, piece->bytes, piece->length, 0));
        if (sent < 0 && errno != EAGAIN) {
            end_pair(piece->to);
            continue;
        }
        if (sent < 0) sent = 0;
        size_t left = piece->length - (size_t)sent;
        if (left == 0) continue;
        struct end *to = piece->to;
        to->pending = malloc(left);
        if (to->pending == NULL) fail("malloc");
        memcpy(to->pending, piece->bytes + sent, left);
        to->start = 0;
        to->length = left;
    }
    piece_count = 0;
    used = 0;
}

static void send_pending(struct end *end) {
    ssize_t sent = CALL(send(end->socket, end->pending + end->start, end->length, 0));
    if (sent < 0) {
        if (errno != EAGAIN) end_pair(end);
        return;
    }
    end->start += (size_t)sent;
    end->length -= (size_t)sent;
    if (end->length > 0) return;
    free(end->pending);
    end->pending = NULL;
    list(end->other);
}

static void receive(struct end *end) {
    char *bytes = arena + used;
    ssize_t count = CALL(recv(end->socket, bytes, PIECE, 0));
    if (count <= 0) {
        end->readable = false;
        if (count == 0 || errno != EAGAIN) end_pair(end);
        return;
    }
    // A short read means drained; after a hang-up the end of the stream has to be read too.
    if (count < PIECE && !end->hung_up) end->readable = false;
    transform(bytes, (size_t)count);
    counts.bytes += (size_t)count;
    counts.pieces++;
    pieces[piece_count++] = (struct piece){end->other, bytes, (size_t)count};
    used += ((size_t)count + 63) & ~(size_t)63;  // see alignment.c
    if (!deferring || ARENA - used < PIECE || piece_count == ARENA / 64) send_pieces();
}

static void work(void) {
    while (ready_count > 0) {
        struct end **now = ready;
        int count = ready_count;
        ready = ready_again;
        ready_again = now;
        ready_count = 0;
        for (int i = 0; i < count; i++) {
            now[i]->listed = false;
            if (!now[i]->over) receive(now[i]);
        }
        send_pieces();
        for (int i = 0; i < count; i++) list(now[i]);
    }
}

int main(int count, char **words) {
    if (count < 3) return 2;
    deferring = count > 3 && strcmp(words[3], "defer") == 0;
    backend_port = atoi(words[2]);
    int listener = listen_on(atoi(words[1]));
    arena = aligned_alloc(4096, ARENA + 4096);
    if (arena != NULL && getenv("OFFSET") != NULL) arena += atoi(getenv("OFFSET")) % 4096;
    set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    if (arena == NULL || set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, listener, &event) != 0) fail("start");
    listen_to_signals();
    while (!asked_to_stop) {
        int happened = CALL(epoll_wait(set, events, EVENTS, -1));
        counts.turns++;
        for (int i = 0; i < happened; i++) {
            struct end *end = events[i].data.ptr;
            if (end == NULL) {
                open_pair(accept(listener, NULL, NULL));
                continue;
            }
            if (end->over) continue;
            if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) end->hung_up = true;
            if (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) end->readable = true;
            if (end->length > 0 && (events[i].events & EPOLLOUT)) send_pending(end);
            list(end);
        }
        work();
        free_finished();
    }
    print_counts();
}

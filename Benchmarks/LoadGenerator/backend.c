#define _GNU_SOURCE
#include "backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pattern.h"
#include "request.h"

#define EVENTS 256
#define BUFFER (256 * 1024)
#define SLICE (64 * 1024)
#define BUDGET (512 * 1024)
// Requests of one connection that may wait while another is served.
#define REQUESTS 16

struct request { char kind; uint64_t count, position; };

struct peer {
    int fd;
    bool listener, echoes, finished, ended, queued;
    enum served kind;
    struct peer *next;  // in a list of those that go on, or of those to be freed
    struct peer *sibling, **place;  // in the list of all
    // Output that the kernel didn't take yet.
    uint8_t *pending;
    size_t pending_start, pending_count, pending_room;
    // Bulk: requests in order; the first is under way, `moved` of it.
    uint8_t head[REQUEST_SIZE], head_count;
    struct request requests[REQUESTS];
    int request_first, request_count;
    uint64_t moved, wrong;
    bool is_wrong;
    bool discards;  // told its client that something was wrong: what follows may mean anything
};

struct server {
    const struct options *options;
    int index, epoll, stop;
    pthread_t thread;
    uint8_t *buffer;
    struct peer *ready, *graves, *all;
};

static _Atomic bool saw_wrong_bytes, told_of_accept;

static struct peer *create(struct server *server, int fd, enum served kind) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) abort();
    peer->fd = fd;
    peer->kind = kind;
    peer->sibling = server->all;
    peer->place = &server->all;
    if (peer->sibling != NULL) peer->sibling->place = &peer->sibling;
    server->all = peer;
    return peer;
}

static void destroy(struct peer *peer) {
    *peer->place = peer->sibling;
    if (peer->sibling != NULL) peer->sibling->place = peer->place;
    free(peer->pending);
    free(peer);
}

static void fail(const char *what, const char *where) {
    fprintf(stderr, "secure-proxy-bench: %s %s: %s\n", what, where, strerror(errno));
    exit(1);
}

// MARK: Output

static bool send_bytes(struct peer *peer, const uint8_t *bytes, size_t count) {
    size_t sent = 0;
    if (peer->pending_count == 0) {
        ssize_t result = send(peer->fd, bytes, count, MSG_NOSIGNAL);
        if (result < 0 && errno != EAGAIN && errno != EINTR) return false;
        sent = result > 0 ? (size_t)result : 0;
    }
    if (sent == count) return true;
    size_t left = count - sent;
    if (peer->pending_start + peer->pending_count + left > peer->pending_room) {
        size_t room = 2 * peer->pending_count + left;
        uint8_t *grown = malloc(room);
        if (grown == NULL) abort();
        if (peer->pending_count > 0) memcpy(grown, peer->pending + peer->pending_start, peer->pending_count);
        free(peer->pending);
        peer->pending = grown;
        peer->pending_start = 0;
        peer->pending_room = room;
    }
    memcpy(peer->pending + peer->pending_start + peer->pending_count, bytes + sent, left);
    peer->pending_count += left;
    return true;
}

static bool flush(struct peer *peer) {
    while (peer->pending_count > 0) {
        ssize_t result = send(peer->fd, peer->pending + peer->pending_start, peer->pending_count, MSG_NOSIGNAL);
        if (result < 0 && errno == EINTR) continue;
        if (result < 0) return errno == EAGAIN;
        peer->pending_start += (size_t)result;
        peer->pending_count -= (size_t)result;
    }
    free(peer->pending);
    peer->pending = NULL;
    peer->pending_start = peer->pending_room = 0;
    return true;
}

// MARK: Bulk

static struct request *current(struct peer *peer) {
    return peer->request_count == 0 ? NULL : &peer->requests[peer->request_first];
}

static void next_request(struct peer *peer) {
    peer->request_first = (peer->request_first + 1) % REQUESTS;
    peer->request_count--;
    peer->moved = 0;
    peer->is_wrong = false;
}

static bool serves(const struct peer *peer, char kind) {
    switch (peer->kind) {
    case SERVE_ECHO: return false;
    case SERVE_SINK: return kind == 'U';
    case SERVE_SOURCE: return kind == 'D';
    case SERVE_ANY: return kind == 'U' || kind == 'D' || kind == 'E';
    }
    return false;
}

// Sends for the download that is under way; false where the connection is broken. `more`: stopped by the budget.
static bool send_bulk(struct peer *peer, bool *more) {
    size_t budget = BUDGET;
    for (struct request *request; (request = current(peer)) != NULL && request->kind == 'D';) {
        while (peer->moved < request->count) {
            if (peer->pending_count > 0) return true;
            if (budget < SLICE) {
                *more = true;
                return true;
            }
            uint64_t left = request->count - peer->moved;
            size_t step = left < SLICE ? (size_t)left : SLICE;
            ssize_t sent = send(peer->fd, pattern_at(request->position + peer->moved), step, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0) return errno == EAGAIN;
            peer->moved += (uint64_t)sent;
            budget -= (size_t)sent;
            if ((size_t)sent < step) return true;
        }
        next_request(peer);
    }
    return true;
}

// Takes a request's bytes; false where it is none that this backend serves.
static bool take_request(struct peer *peer, const uint8_t **bytes, size_t *count) {
    while (peer->head_count < REQUEST_SIZE && *count > 0) {
        peer->head[peer->head_count++] = *(*bytes)++;
        (*count)--;
    }
    if (peer->head_count < REQUEST_SIZE) return true;
    peer->head_count = 0;
    char kind = (char)peer->head[4];
    if (memcmp(peer->head, "SPB1", 4) != 0 || !serves(peer, kind) || peer->request_count == REQUESTS) return false;
    if (kind == 'E') {
        peer->echoes = true;
        return true;
    }
    struct request *request = &peer->requests[(peer->request_first + peer->request_count++) % REQUESTS];
    *request = (struct request){.kind = kind, .count = get_number(peer->head + 8, 8),
                                .position = get_number(peer->head + 16, 8)};
    return true;
}

static bool answer_upload(struct peer *peer, uint64_t count) {
    uint8_t answer[ANSWER_SIZE];
    put_answer(answer, peer->is_wrong ? ANSWER_WRONG : ANSWER_WELL, peer->is_wrong ? peer->wrong : count);
    // To close the connection now would reset it, and the client might never see the answer.
    if (peer->is_wrong) peer->discards = true;
    next_request(peer);
    return send_bytes(peer, answer, sizeof answer);
}

// Bytes of bulk, or requests for it.
static bool take_bulk(const struct options *options, struct peer *peer, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        if (peer->discards) return true;
        if (peer->echoes) return send_bytes(peer, bytes, count);
        struct request *request = current(peer);
        if (request == NULL || request->kind != 'U') {
            // While a download is under way, what comes is the next request.
            if (!take_request(peer, &bytes, &count)) return false;
            continue;
        }
        uint64_t left = request->count - peer->moved;
        size_t step = count < left ? count : (size_t)left;
        if (options->verify && !peer->is_wrong) {
            size_t right = pattern_verify(request->position + peer->moved, bytes, step);
            if (right < step) {
                peer->is_wrong = true;
                peer->wrong = peer->moved + right;
                atomic_store(&saw_wrong_bytes, true);
            }
        }
        peer->moved += step;
        bytes += step;
        count -= step;
        if (peer->moved == request->count && !answer_upload(peer, request->count)) return false;
    }
    return true;
}

// MARK: Input

// How much may be thrown away unseen: TCP then doesn't even copy it.
static size_t disposable(const struct options *options, struct peer *peer) {
    struct request *request = current(peer);
    if (options->verify || peer->echoes || request == NULL || request->kind != 'U') return 0;
    uint64_t left = request->count - peer->moved;
    return left < SLICE ? 0 : left < 4 * BUDGET ? (size_t)left : 4 * BUDGET;
}

static bool receive(struct server *server, struct peer *peer, bool *more) {
    size_t budget = 4 * BUDGET;
    // Who doesn't take what it gets is not read from.
    while (!peer->finished && peer->pending_count < BUFFER) {
        if (budget < BUFFER) {
            *more = true;
            return true;
        }
        size_t unseen = disposable(server->options, peer);
        size_t room = unseen > 0 ? unseen : BUFFER;
        ssize_t count = recv(peer->fd, server->buffer, room, unseen > 0 ? MSG_TRUNC : 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        if (count == 0) {
            peer->finished = true;
            break;
        }
        budget -= (size_t)count < budget ? (size_t)count : budget;
        if (unseen > 0) {
            peer->moved += (uint64_t)count;
            if (peer->moved == current(peer)->count && !answer_upload(peer, peer->moved)) return false;
        } else if (peer->echoes) {
            if (!send_bytes(peer, server->buffer, (size_t)count)) return false;
        } else if (!take_bulk(server->options, peer, server->buffer, (size_t)count)) {
            return false;
        }
        if ((size_t)count < room && unseen == 0) return true;
    }
    return true;
}

// MARK: Connections

static void end(struct server *server, struct peer *peer) {
    if (peer->ended) return;
    peer->ended = true;
    close(peer->fd);
    free(peer->pending);
    peer->pending = NULL;
    // Freed behind the events of this turn, as some of them may be for it.
    if (peer->queued) return;
    peer->next = server->graves;
    server->graves = peer;
}

static void serve(struct server *server, struct peer *peer) {
    bool more = false;
    bool lives = flush(peer) && receive(server, peer, &more) && send_bulk(peer, &more);
    // All that was asked for is delivered before our side ends too.
    if (!lives || (peer->finished && peer->pending_count == 0 && current(peer) == NULL)) {
        end(server, peer);
        return;
    }
    if (peer->finished && current(peer) != NULL && current(peer)->kind == 'U') {
        end(server, peer);
        return;
    }
    if (!more || peer->queued) return;
    peer->queued = true;
    peer->next = server->ready;
    server->ready = peer;
}

static void accept_all(struct server *server, struct peer *listener) {
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0) {
            // Too few descriptors: the connections wait, and the clients would wonder.
            if (errno != EAGAIN && !atomic_exchange(&told_of_accept, true))
                fprintf(stderr, "secure-proxy-bench: accept: %s (ulimit -n)\n", strerror(errno));
            return;
        }
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct peer *peer = create(server, fd, listener->kind);
        peer->echoes = listener->kind == SERVE_ECHO;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = peer};
        if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0) abort();
    }
}

static void *serve_loop(void *context) {
    struct server *server = context;
    const struct options *options = server->options;
    if (options->cpu_count > 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(options->cpus[server->index % options->cpu_count], &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(server->epoll, events, EVENTS, server->ready == NULL ? -1 : 0);
        if (count < 0 && errno != EINTR) abort();
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (peer == NULL) return NULL;
            if (peer->listener) accept_all(server, peer);
            else if (!peer->ended) serve(server, peer);
        }
        struct peer *ready = server->ready;
        server->ready = NULL;
        while (ready != NULL) {
            struct peer *peer = ready;
            ready = peer->next;
            peer->queued = false;
            if (!peer->ended) {
                serve(server, peer);
            } else {
                peer->next = server->graves;
                server->graves = peer;
            }
        }
        while (server->graves != NULL) {
            struct peer *peer = server->graves;
            server->graves = peer->next;
            destroy(peer);
        }
    }
}

static void listen_at(struct server *server, enum served kind, uint16_t port) {
    const struct options *options = server->options;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, options->listen_address, &address.sin_addr) != 1) {
        errno = EINVAL;
        fail("--listen", options->listen_address);
    }
    char where[64];
    snprintf(where, sizeof where, "%s:%u", options->listen_address, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    // Several threads share the port; a single one would rather hear that somebody else has it.
    if (options->threads > 1) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0)
        fail("cannot listen at", where);
    struct peer *listener = create(server, fd, kind);
    listener->listener = true;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0) abort();
}

int backend_serve(const struct options *options) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pattern_prepare(SLICE);
    struct server *servers = calloc((size_t)options->threads, sizeof *servers);
    if (servers == NULL) abort();
    for (int i = 0; i < options->threads; i++) {
        struct server *server = &servers[i];
        server->options = options;
        server->index = i;
        server->epoll = epoll_create1(EPOLL_CLOEXEC);
        server->stop = eventfd(0, EFD_CLOEXEC);
        server->buffer = malloc(BUFFER);
        if (server->epoll < 0 || server->stop < 0 || server->buffer == NULL) abort();
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
        if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->stop, &event) < 0) abort();
        for (int j = 0; j < options->served_count; j++)
            listen_at(server, options->served[j].kind, options->served[j].port);
    }
    for (int i = 0; i < options->threads; i++)
        if (pthread_create(&servers[i].thread, NULL, serve_loop, &servers[i]) != 0) abort();
    // Scripts wait for this line.
    printf("secure-proxy-bench serves %d port%s at %s\n", options->served_count, options->served_count == 1 ? "" : "s",
           options->listen_address);
    fflush(stdout);
    int signal_number;
    sigwait(&signals, &signal_number);
    uint64_t one = 1;
    for (int i = 0; i < options->threads; i++) {
        if (write(servers[i].stop, &one, sizeof one) < 0) return 1;
        pthread_join(servers[i].thread, NULL);
        while (servers[i].all != NULL) {
            if (!servers[i].all->ended) close(servers[i].all->fd);
            destroy(servers[i].all);
        }
        free(servers[i].buffer);
        close(servers[i].epoll);
        close(servers[i].stop);
    }
    free(servers);
    return atomic_load(&saw_wrong_bytes) ? 1 : 0;
}

#define _GNU_SOURCE
#include "tunnel.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "exchange.h"
#include "pattern.h"
#include "run.h"
#include "worker.h"

#define LARGEST_HEAD (32 * 1024)

void times_push(struct times *times, uint64_t time) {
    if (times->count == times->room) {
        uint32_t room = times->room == 0 ? 1 : times->room * 2;
        uint64_t *slots = malloc(room * sizeof *slots);
        if (slots == NULL) abort();
        for (uint32_t i = 0; i < times->count; i++) slots[i] = times->slots[(times->first + i) & (times->room - 1)];
        free(times->slots);
        times->slots = slots;
        times->room = room;
        times->first = 0;
    }
    times->slots[(times->first + times->count++) & (times->room - 1)] = time;
}

uint64_t times_pop(struct times *times) {
    uint64_t time = times->slots[times->first];
    times->first = (times->first + 1) & (times->room - 1);
    times->count--;
    return time;
}

static void explain_failure(struct worker *worker, struct tunnel *tunnel, const char *what) {
    char words[256];
    wire_explain(&tunnel->wire, words, sizeof words);
    worker_failed(worker, tunnel, "%s: %s", what, words);
}

// MARK: Opening

bool tunnel_open(struct worker *worker, struct tunnel *tunnel, uint64_t due) {
    const struct options *options = worker->options;
    uint64_t *slots = tunnel->times.slots;
    uint32_t room = tunnel->times.room;
    bool queued = tunnel->queued;
    *tunnel = (struct tunnel){
        .number = tunnel->number, .generation = tunnel->generation + 1, .role = tunnel->role, .base = tunnel->base,
        .queued = queued, .times = {.slots = slots, .room = room}, .due = due, .since = worker->now,
    };
    tunnel->wire.fd = -1;
    if (wire_connect(&tunnel->wire, options, worker->first_number + tunnel->number + tunnel->generation) < 0) {
        explain_failure(worker, tunnel, "connect");
        return false;
    }
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.u64 = (uint64_t)tunnel->generation << 32 | tunnel->number,
    };
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, tunnel->wire.fd, &event) < 0) abort();
    tunnel->state = TUNNEL_CONNECTING;
    return true;
}

static bool send_upgrade(struct worker *worker, struct tunnel *tunnel) {
    const char *token = NULL;
    if (worker->options->token_count > 0 && !run_next_token(worker->run, &token)) {
        worker_failed(worker, tunnel, "--tokens-once: there are no more tokens in the file");
        return false;
    }
    if (token != NULL) worker->tally.tokens++;
    size_t count = websocket_request(token, worker->plain, PLAIN_ROOM);
    if (count == 0 || !wire_write(&worker->loop, &tunnel->wire, worker->plain, count)) {
        explain_failure(worker, tunnel, "upgrade");
        return false;
    }
    tunnel->state = TUNNEL_UPGRADING;
    return true;
}

// The transport stands: what comes next.
static void became_secure(struct worker *worker, struct tunnel *tunnel) {
    if (tunnel->wire.ssl != NULL) {
        if (SSL_session_reused(tunnel->wire.ssl) && worker_counts(worker)) worker->tally.resumed++;
        run_note_tls(worker->run, tunnel->wire.ssl);
    }
    if (worker->options->websocket) {
        if (!send_upgrade(worker, tunnel)) return;
        return;
    }
    tunnel->state = TUNNEL_OPEN;
    worker_opened(worker, tunnel);
}

static void go_on_connecting(struct worker *worker, struct tunnel *tunnel) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(tunnel->wire.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
        tunnel->wire.error = error;
        explain_failure(worker, tunnel, "connect");
        return;
    }
    if (!worker->options->tls) {
        became_secure(worker, tunnel);
        return;
    }
    if (!wire_secure(&worker->loop, &tunnel->wire, worker->options)) {
        explain_failure(worker, tunnel, "TLS");
        return;
    }
    tunnel->state = TUNNEL_SECURING;
}

static void go_on_securing(struct worker *worker, struct tunnel *tunnel) {
    switch (wire_handshake(&worker->loop, &tunnel->wire)) {
    case WIRE_DONE: became_secure(worker, tunnel); return;
    case WIRE_AGAIN: return;
    case WIRE_ENDED: worker_failed(worker, tunnel, "TLS handshake: ended by the peer"); return;
    case WIRE_FAILED: explain_failure(worker, tunnel, "TLS handshake"); return;
    }
}

static void refused(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count, int status) {
    if (worker->options->expected_status != 0 && status == worker->options->expected_status) {
        tunnel->refused = true;
        worker_opened(worker, tunnel);
        return;
    }
    const uint8_t *end = memchr(bytes, '\r', count);
    int length = end == NULL ? 0 : (int)(end - bytes < 100 ? end - bytes : 100);
    worker_failed(worker, tunnel, "upgrade: \"%.*s\" instead of 101", length, (const char *)bytes);
}

// The answer to the upgrade; what follows it is payload.
static void read_answer(struct worker *worker, struct tunnel *tunnel, const uint8_t **bytes, size_t *count) {
    const uint8_t *from = *bytes;
    size_t available = *count, earlier = tunnel->head_count;
    if (earlier > 0) {
        uint8_t *joined = realloc(tunnel->head, earlier + available);
        if (joined == NULL) abort();
        memcpy(joined + earlier, *bytes, available);
        tunnel->head = joined;
        from = joined;
        available += earlier;
    }
    size_t used = 0;
    int status;
    switch (websocket_answer(from, available, &used, &status)) {
    case UPGRADE_INCOMPLETE:
        if (available > LARGEST_HEAD) {
            worker_failed(worker, tunnel, "upgrade: the answer has no end");
            return;
        }
        if (earlier == 0) {
            tunnel->head = malloc(available);
            if (tunnel->head == NULL) abort();
            memcpy(tunnel->head, from, available);
        }
        tunnel->head_count = available;
        *count = 0;
        return;
    case UPGRADE_ACCEPTED:
        *bytes += used - earlier;
        *count -= used - earlier;
        free(tunnel->head);
        tunnel->head = NULL;
        tunnel->head_count = 0;
        if (worker->options->expected_status != 0) {
            worker_failed(worker, tunnel, "upgrade: 101 instead of %d", worker->options->expected_status);
            return;
        }
        tunnel->state = TUNNEL_OPEN;
        worker_opened(worker, tunnel);
        return;
    case UPGRADE_REFUSED: refused(worker, tunnel, from, available, status); return;
    case UPGRADE_BROKEN: worker_failed(worker, tunnel, "upgrade: the answer is no WebSocket's"); return;
    }
}

// MARK: Receiving

static void received_control(struct worker *worker, struct tunnel *tunnel) {
    struct frame_reader *frames = &tunnel->frames;
    if (frames->opcode == OPCODE_PING) {
        uint8_t pong[FRAME_HEAD_MAXIMUM + 125];
        uint32_t key = worker_random(worker);
        size_t head = websocket_frame_head(pong, OPCODE_PONG, frames->control_count, key);
        websocket_mask(pong + head, frames->control, frames->control_count, key);
        if (!wire_write(&worker->loop, &tunnel->wire, pong, head + frames->control_count))
            explain_failure(worker, tunnel, "pong");
    } else if (frames->opcode == OPCODE_CLOSE && tunnel->state == TUNNEL_OPEN) {
        int code = frames->control_count >= 2 ? (int)get_number(frames->control, 2) : 1005;
        int words = frames->control_count > 2 ? frames->control_count - 2 : 0;
        worker_failed(worker, tunnel, "the proxy closed the WebSocket: %d %.*s", code, words,
                      (const char *)frames->control + 2);
    } else if (frames->opcode == OPCODE_CLOSE && worker->options->closing == CLOSE_EAGER) {
        worker_ended(worker, tunnel);
    }
}

// Payload of a tunnel. It ends when all is answered, so nothing may come after our side has ended.
static void received_payload(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    if (tunnel->state == TUNNEL_OPEN) exchange_received(worker, tunnel, bytes, count);
    else if (tunnel->state == TUNNEL_CLOSING && count > 0)
        worker_corrupted(worker, tunnel, "byte %llu came after everything was answered",
                         (unsigned long long)tunnel->received);
}

static void received(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    if (tunnel->state == TUNNEL_UPGRADING) read_answer(worker, tunnel, &bytes, &count);
    if (!worker->options->websocket) {
        received_payload(worker, tunnel, bytes, count);
        return;
    }
    // A tunnel in its closing handshake still reads frames: the server's Close is among them. A refusal has a body.
    while (count > 0 && !tunnel->refused && (tunnel->state == TUNNEL_OPEN || tunnel->state == TUNNEL_CLOSING)) {
        const uint8_t *payload;
        size_t payload_count;
        switch (websocket_read(&tunnel->frames, &bytes, &count, &payload, &payload_count)) {
        case FRAME_MORE: return;
        case FRAME_DATA: received_payload(worker, tunnel, payload, payload_count); break;
        case FRAME_CONTROL: received_control(worker, tunnel); break;
        case FRAME_BROKEN: worker_corrupted(worker, tunnel, "what came is no frame of a WebSocket server"); return;
        }
    }
}

static void ended_by_peer(struct worker *worker, struct tunnel *tunnel) {
    if (tunnel->state == TUNNEL_CLOSING) {
        worker_ended(worker, tunnel);
    } else {
        worker_failed(worker, tunnel, "the proxy ended the connection %s",
                      tunnel->state == TUNNEL_UPGRADING ? "instead of answering the upgrade" : "of an open tunnel");
    }
}

static void read_all(struct worker *worker, struct tunnel *tunnel) {
    uint32_t generation = tunnel->generation;
    while (tunnel->state >= TUNNEL_UPGRADING && tunnel->generation == generation) {
        size_t count = 0;
        switch (wire_read(&worker->loop, &tunnel->wire, worker->plain, PLAIN_ROOM, &count)) {
        case WIRE_DONE:
            tunnel->since = worker->now;
            received(worker, tunnel, worker->plain, count);
            if (tunnel->state == TUNNEL_CLOSED || tunnel->generation != generation) return;
            if (!wire_may_read(&tunnel->wire)) return;
            break;
        case WIRE_AGAIN:
            if (worker->loop.more) worker_continue_later(worker, tunnel);
            if (tunnel->awaits_session && worker->loop.session != NULL) worker_opened(worker, tunnel);
            return;
        case WIRE_ENDED: ended_by_peer(worker, tunnel); return;
        case WIRE_FAILED:
            // A server may forget the connection before it has seen our side end.
            if (tunnel->state == TUNNEL_CLOSING) {
                worker_ended(worker, tunnel);
                return;
            }
            explain_failure(worker, tunnel, "receive");
            return;
        }
    }
}

void tunnel_select(struct worker *worker, struct tunnel *tunnel) {
    worker->loop.current = &tunnel->wire;
    worker->loop.budget = TURN_BUDGET;
    worker->loop.more = false;
}

void tunnel_handle(struct worker *worker, struct tunnel *tunnel, uint32_t events) {
    uint32_t generation = tunnel->generation;
    tunnel_select(worker, tunnel);
    bool readable = events == 0 || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (readable) tunnel->wire.drained = false;
    if (tunnel->state == TUNNEL_CONNECTING) {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
        go_on_connecting(worker, tunnel);
        // Nothing can have come yet, unless the server speaks first; then there is an event.
        readable = readable && (events & EPOLLIN) != 0;
        if (tunnel->state == TUNNEL_SECURING) tunnel->wire.drained = !readable;
    }
    if (tunnel->state == TUNNEL_SECURING && tunnel->generation == generation) go_on_securing(worker, tunnel);
    if (tunnel->generation != generation) return;
    if (readable && tunnel->state >= TUNNEL_UPGRADING) read_all(worker, tunnel);
    if (tunnel->generation != generation) return;
    // What waits goes first: bulk goes on only behind it, and an edge comes only after the kernel was full.
    tunnel_flush(worker, tunnel);
    if (tunnel->state != TUNNEL_OPEN) return;
    exchange_pump(worker, tunnel);
    tunnel_flush(worker, tunnel);
}

// MARK: Sending

void tunnel_flush(struct worker *worker, struct tunnel *tunnel) {
    if (tunnel->state == TUNNEL_CLOSED) return;
    if (worker->loop.output_count == 0 && tunnel->wire.pending_count == 0 && !tunnel->wire.finishing) return;
    if (wire_flush(&worker->loop, &tunnel->wire)) return;
    if (tunnel->state == TUNNEL_CLOSING) {
        worker_ended(worker, tunnel);
        return;
    }
    explain_failure(worker, tunnel, "send");
}

static bool send_frame(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    if (!worker->options->websocket) return wire_write(&worker->loop, &tunnel->wire, bytes, count);
    uint32_t key = worker_random(worker);
    size_t head = websocket_frame_head(worker->frame, OPCODE_BINARY, count, key);
    websocket_mask(worker->frame + head, bytes, count, key);
    return wire_write(&worker->loop, &tunnel->wire, worker->frame, head + count);
}

void tunnel_send_pattern(struct worker *worker, struct tunnel *tunnel, uint64_t position, size_t count) {
    while (count > 0) {
        size_t step = count < worker->options->frame ? count : worker->options->frame;
        if (!send_frame(worker, tunnel, pattern_at(position), step)) {
            explain_failure(worker, tunnel, "send");
            return;
        }
        position += step;
        count -= step;
    }
}

void tunnel_send_bytes(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    if (!send_frame(worker, tunnel, bytes, count)) explain_failure(worker, tunnel, "send");
}

// MARK: Ending

void tunnel_end(struct worker *worker, struct tunnel *tunnel) {
    if (worker->options->closing == CLOSE_RESET) {
        tunnel_discard(worker, tunnel, true);
        worker_ended(worker, tunnel);
        return;
    }
    bool answered = tunnel->state == TUNNEL_OPEN;
    tunnel->state = TUNNEL_CLOSING;
    tunnel->since = worker->now;
    if (worker->options->websocket && answered) {
        uint8_t frame[FRAME_HEAD_MAXIMUM + 2], code[2] = {1000 >> 8, 1000 & 255};
        uint32_t key = worker_random(worker);
        size_t head = websocket_frame_head(frame, OPCODE_CLOSE, 2, key);
        websocket_mask(frame + head, code, 2, key);
        // The server ends the connection once it has answered (RFC 6455 section 7.1.1).
        if (!wire_write(&worker->loop, &tunnel->wire, frame, head + 2)) worker_ended(worker, tunnel);
        return;
    }
    if (!wire_finish(&worker->loop, &tunnel->wire)) {
        worker_ended(worker, tunnel);
        return;
    }
    if (worker->options->closing == CLOSE_EAGER && tunnel->wire.pending_count == 0) worker_ended(worker, tunnel);
}

void tunnel_discard(struct worker *worker, struct tunnel *tunnel, bool reset) {
    if (tunnel->state == TUNNEL_CLOSED && tunnel->wire.fd < 0) return;
    if (worker->loop.current == &tunnel->wire) worker->loop.output_count = 0;
    wire_close(&worker->loop, &tunnel->wire, reset);
    free(tunnel->head);
    tunnel->head = NULL;
    tunnel->head_count = 0;
    tunnel->state = TUNNEL_CLOSED;
    tunnel->generation++;
    worker->under_way -= tunnel->times.count;
    tunnel->times.count = 0;
}

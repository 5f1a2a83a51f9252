// One connection, from its connect to its end.
//
//   CLOSED ─▶ CONNECTING ─▶ SECURING (TLS) ─▶ UPGRADING (WebSocket) ─▶ OPEN ─▶ CLOSING ─▶ CLOSED
//
// What is said over an open tunnel is decided in exchange.h; here is only how. A tunnel that ends in any other way than
// the one asked for is a failure, which worker.h counts.
#ifndef BENCH_TUNNEL_H
#define BENCH_TUNNEL_H

#include "request.h"
#include "websocket.h"
#include "wire.h"

struct worker;

enum tunnel_state { TUNNEL_CLOSED, TUNNEL_CONNECTING, TUNNEL_SECURING, TUNNEL_UPGRADING, TUNNEL_OPEN, TUNNEL_CLOSING };
enum role { ROLE_ECHO, ROLE_UPLOAD, ROLE_DOWNLOAD };

// When the things under way were sent, or due: a ring, as they are answered in order.
struct times {
    uint64_t *slots;
    uint32_t room, first, count;
};

struct tunnel {
    struct wire wire;
    struct frame_reader frames;
    uint32_t number;      // among its thread's tunnels
    uint32_t generation;  // of its connection: an event of an earlier one is not for this one
    enum tunnel_state state;
    enum role role;
    bool queued;      // in the thread's list of those that go on without an event
    bool refused;     // the upgrade was answered with the status that is expected
    bool awaits_session;  // it ends only when a ticket has come
    uint64_t since;   // when anything last came or was begun
    uint64_t due;     // when its connection was due: what its opening is timed from
    uint8_t *head;    // an answer to the upgrade that came in pieces
    size_t head_count;

    // The exchange's: positions in the pattern and what is under way.
    uint64_t base;       // where in the pattern this tunnel's bytes start
    uint64_t sent, received, answered;
    struct times times;
    uint64_t batch_left;  // upload: bytes of the request being sent
    uint32_t left;        // connect, idle: messages still to send
    uint8_t answer[ANSWER_SIZE], answer_count;
};

void times_push(struct times *times, uint64_t time);
uint64_t times_pop(struct times *times);

// Begins a connection; false where that failed at once (it is counted).
bool tunnel_open(struct worker *worker, struct tunnel *tunnel, uint64_t due);
void tunnel_handle(struct worker *worker, struct tunnel *tunnel, uint32_t events);
// Sends `count` bytes of the pattern from `position` on, in frames of the size asked for.
void tunnel_send_pattern(struct worker *worker, struct tunnel *tunnel, uint64_t position, size_t count);
// Sends bytes, at most 125 of them, as one binary message.
void tunnel_send_bytes(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count);
// Sends what was written since the last flush. Every way into a tunnel from outside of its events ends with it.
void tunnel_flush(struct worker *worker, struct tunnel *tunnel);
// Makes `tunnel` the one that is written for: before sends from outside of its events.
void tunnel_select(struct worker *worker, struct tunnel *tunnel);
// Ends an open tunnel as the options say.
void tunnel_end(struct worker *worker, struct tunnel *tunnel);
// Frees it at once.
void tunnel_discard(struct worker *worker, struct tunnel *tunnel, bool reset);

#endif

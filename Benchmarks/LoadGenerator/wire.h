// Bytes in and out of one connection: the socket, TLS over it, and output that the kernel didn't take yet.
//
// The generator must be cheaper than what it measures, so it uses what makes the proxy cheap too: OpenSSL receives
// straight into its own buffer (read-ahead), a receive that came back short is not repeated until the next event, and
// everything written during one event leaves in one send. One BIO serves all connections of a thread: `current` says
// which one it is reading and writing for.
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#define OUTPUT_ROOM (256 * 1024)
// A connection may move this much per event before the others have their turn.
#define TURN_BUDGET (512 * 1024)

struct wire {
    int fd;
    SSL *ssl;  // NULL: the bytes go as they are
    uint8_t *pending;
    size_t pending_start, pending_count, pending_room;
    bool drained;    // a receive came back short: nothing more before the next event
    bool finished;   // the peer has ended its direction
    bool finishing;  // end ours when nothing is pending
    int error;       // errno of what went wrong
};

// One per thread.
struct wire_loop {
    SSL_CTX *context;
    BIO *bio;
    struct wire *current;
    uint8_t *output;
    size_t output_count;
    long budget;
    bool more;  // the budget ended before the input did
    SSL_SESSION *session;
    uint64_t bytes_in, bytes_out;  // on the wire
};

// Exits with 2 where OpenSSL refuses an option.
SSL_CTX *wire_context(const struct options *options);
void wire_loop_prepare(struct wire_loop *loop, SSL_CTX *context);
void wire_loop_release(struct wire_loop *loop);

// Begins to connect; -1 with errno where that is impossible at once.
int wire_connect(struct wire *wire, const struct options *options, uint32_t number);
// Begins TLS on a connected wire.
bool wire_secure(struct wire_loop *loop, struct wire *wire, const struct options *options);

enum wire_result { WIRE_DONE, WIRE_AGAIN, WIRE_ENDED, WIRE_FAILED };
enum wire_result wire_handshake(struct wire_loop *loop, struct wire *wire);
// Bytes into `buffer`; WIRE_ENDED at the peer's orderly end.
enum wire_result wire_read(struct wire_loop *loop, struct wire *wire, uint8_t *buffer, size_t room, size_t *count);
// Whether a further wire_read can bring something before the next event.
bool wire_may_read(const struct wire *wire);
bool wire_write(struct wire_loop *loop, struct wire *wire, const uint8_t *bytes, size_t count);
// Sends what was written; false where the connection is broken. What the kernel doesn't take waits.
bool wire_flush(struct wire_loop *loop, struct wire *wire);
// Ends our direction: close_notify and FIN, behind everything written.
bool wire_finish(struct wire_loop *loop, struct wire *wire);
void wire_close(struct wire_loop *loop, struct wire *wire, bool reset);
// Words for what went wrong, in `text`.
void wire_explain(const struct wire *wire, char *text, size_t room);

#endif

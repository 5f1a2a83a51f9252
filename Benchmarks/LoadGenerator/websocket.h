// The client's side of RFC 6455, as far as a load generator needs it: the upgrade, frame heads, masking.
#ifndef BENCH_WEBSOCKET_H
#define BENCH_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#define FRAME_HEAD_MAXIMUM 14

enum opcode { OPCODE_CONTINUATION = 0, OPCODE_TEXT = 1, OPCODE_BINARY = 2, OPCODE_CLOSE = 8, OPCODE_PING = 9,
              OPCODE_PONG = 10 };

// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
void websocket_accept(const char *key, char accept[32]);
// Prepares the request's text and the answer that it must get. Once, before the first connection.
void websocket_prepare(const struct options *options);
// Writes a request with `token` (NULL: none) into `out`; its length, or 0 where `room` is too small.
size_t websocket_request(const char *token, uint8_t *out, size_t room);

enum upgrade { UPGRADE_INCOMPLETE, UPGRADE_ACCEPTED, UPGRADE_REFUSED, UPGRADE_BROKEN };
// Judges the answer in `bytes`: `used` is the head's length, `status` its code.
enum upgrade websocket_answer(const uint8_t *bytes, size_t count, size_t *used, int *status);

// Writes the head of a masked, final frame; its length.
size_t websocket_frame_head(uint8_t *out, enum opcode opcode, size_t count, uint32_t key);
// Copies and masks at once.
void websocket_mask(uint8_t *out, const uint8_t *bytes, size_t count, uint32_t key);

// Where in a server's frames a connection is. A head that a read cuts in two is kept here.
struct frame_reader {
    uint64_t left;  // of the payload
    uint8_t opcode, head_count;
    bool final;
    uint8_t head[10];
    uint8_t control_count;
    uint8_t control[125];
};

enum frame_event { FRAME_MORE, FRAME_DATA, FRAME_CONTROL, FRAME_BROKEN };
// Takes bytes from `*bytes` on and says what they are: FRAME_DATA with a piece of payload, FRAME_CONTROL with a whole
// control frame in the reader, FRAME_MORE when all is used up.
enum frame_event websocket_read(
    struct frame_reader *reader, const uint8_t **bytes, size_t *count, const uint8_t **payload, size_t *payload_count);

#endif

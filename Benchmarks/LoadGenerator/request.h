// What a client and this tool's own backend say to each other, so that bulk can start, be counted and end cleanly.
//
// A client asks with 24 bytes: "SPB1", a kind, three zero bytes, and two numbers of 8 bytes, big-endian: how many
// bytes, and the pattern's position of the first one.
//   U: the client sends that many bytes; the backend answers with 16 bytes when it has the last one: "SPBA", a status
//      of 4 bytes (0: all is well, 1: a byte was wrong), and how many bytes it has, or the offset of the wrong one.
//   D: the backend sends that many bytes.
//   E: from now on everything is echoed; the numbers are ignored. (A backend of the kind "echo" needs no request.)
// A client may have several requests under way; they are answered in order.
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REQUEST_SIZE 24
#define ANSWER_SIZE 16
#define ANSWER_WELL 0
#define ANSWER_WRONG 1

static inline void put_number(uint8_t *out, uint64_t value, int count) {
    for (int i = count - 1; i >= 0; i--, value >>= 8) out[i] = (uint8_t)value;
}

static inline uint64_t get_number(const uint8_t *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
    return value;
}

static inline void put_request(uint8_t *out, char kind, uint64_t count, uint64_t position) {
    memcpy(out, "SPB1", 4);
    out[4] = (uint8_t)kind;
    memset(out + 5, 0, 3);
    put_number(out + 8, count, 8);
    put_number(out + 16, position, 8);
}

static inline void put_answer(uint8_t *out, uint32_t status, uint64_t count) {
    memcpy(out, "SPBA", 4);
    put_number(out + 4, status, 4);
    put_number(out + 8, count, 8);
}

#endif

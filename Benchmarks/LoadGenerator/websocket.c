#define _GNU_SOURCE
#include "websocket.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// All connections use one nonce: a server may not tell it from a random one, and the answer to it is computed once.
static char *request_text;
static size_t request_count;
static char expected_accept[32];

void websocket_accept(const char *key, char accept[32]) {
    uint8_t digest[SHA_DIGEST_LENGTH];
    char joined[128];
    int count = snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((uint8_t *)joined, (size_t)count, digest);
    EVP_EncodeBlock((uint8_t *)accept, digest, sizeof digest);
}

void websocket_prepare(const struct options *options) {
    uint8_t nonce[16];
    char key[32];
    if (RAND_bytes(nonce, sizeof nonce) != 1) abort();
    EVP_EncodeBlock((uint8_t *)key, nonce, sizeof nonce);
    websocket_accept(key, expected_accept);

    FILE *stream = open_memstream(&request_text, &request_count);
    if (stream == NULL) abort();
    fprintf(stream, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", options->path,
            options->host);
    fprintf(stream, "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n", key);
    if (options->subprotocol != NULL) fprintf(stream, "Sec-WebSocket-Protocol: %s\r\n", options->subprotocol);
    for (int i = 0; i < options->field_count; i++) fprintf(stream, "%s\r\n", options->fields[i]);
    if (fclose(stream) != 0) abort();
}

size_t websocket_request(const char *token, uint8_t *out, size_t room) {
    static const char bearer[] = "Authorization: Bearer ";
    size_t token_count = token == NULL ? 0 : strlen(token);
    if (room < request_count + sizeof bearer + token_count + 4) return 0;
    uint8_t *end = mempcpy(out, request_text, request_count);
    if (token != NULL) {
        end = mempcpy(end, bearer, sizeof bearer - 1);
        end = mempcpy(end, token, token_count);
        end = mempcpy(end, "\r\n", 2);
    }
    end = mempcpy(end, "\r\n", 2);
    return (size_t)(end - out);
}

enum upgrade websocket_answer(const uint8_t *bytes, size_t count, size_t *used, int *status) {
    const uint8_t *end = memmem(bytes, count, "\r\n\r\n", 4);
    *status = 0;
    if (end == NULL) return UPGRADE_INCOMPLETE;
    *used = (size_t)(end - bytes) + 4;
    if (*used < 16 || memcmp(bytes, "HTTP/1.1 ", 9) != 0) return UPGRADE_BROKEN;
    *status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + (bytes[11] - '0');
    if (*status != 101) return UPGRADE_REFUSED;
    static const char name[] = "sec-websocket-accept:";
    for (const uint8_t *line = bytes; line < end;) {
        const uint8_t *next = memchr(line, '\n', (size_t)(end - line) + 2);
        if (next == NULL) break;
        size_t length = (size_t)(next - line);
        if (length > sizeof name && strncasecmp((const char *)line, name, sizeof name - 1) == 0) {
            const char *value = (const char *)line + sizeof name - 1;
            while (*value == ' ') value++;
            size_t expected = strlen(expected_accept);
            bool right = strncmp(value, expected_accept, expected) == 0 && value[expected] <= ' ';
            return right ? UPGRADE_ACCEPTED : UPGRADE_BROKEN;
        }
        line = next + 1;
    }
    return UPGRADE_BROKEN;
}

size_t websocket_frame_head(uint8_t *out, enum opcode opcode, size_t count, uint32_t key) {
    size_t at = 2;
    out[0] = 0x80 | (uint8_t)opcode;
    if (count < 126) {
        out[1] = 0x80 | (uint8_t)count;
    } else if (count < 65536) {
        out[1] = 0x80 | 126;
        out[2] = (uint8_t)(count >> 8);
        out[3] = (uint8_t)count;
        at = 4;
    } else {
        out[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) out[2 + i] = (uint8_t)((uint64_t)count >> (56 - 8 * i));
        at = 10;
    }
    memcpy(out + at, &key, 4);
    return at + 4;
}

typedef uint64_t block __attribute__((vector_size(32), aligned(1), may_alias));

void websocket_mask(uint8_t *out, const uint8_t *bytes, size_t count, uint32_t key) {
    uint64_t word = (uint64_t)key << 32 | key;
    block wide = {word, word, word, word};
    size_t at = 0;
    for (; at + sizeof wide <= count; at += sizeof wide) *(block *)(out + at) = *(const block *)(bytes + at) ^ wide;
    uint8_t mask[4];
    memcpy(mask, &key, 4);
    for (; at < count; at++) out[at] = bytes[at] ^ mask[at & 3];
}

// The length of the head that begins with these bytes, as far as they tell.
static size_t head_length(const uint8_t *head) {
    uint8_t length = head[1] & 127;
    return length < 126 ? 2 : length == 126 ? 4 : 10;
}

static bool begin_frame(struct frame_reader *reader) {
    const uint8_t *head = reader->head;
    uint8_t length = head[1] & 127;
    reader->opcode = head[0] & 15;
    reader->final = (head[0] & 128) != 0;
    reader->left = length;
    if (length >= 126) {
        reader->left = 0;
        for (size_t i = 2; i < head_length(head); i++) reader->left = reader->left << 8 | head[i];
    }
    reader->head_count = 0;
    reader->control_count = 0;
    bool masked = (head[1] & 128) != 0, reserved = (head[0] & 112) != 0;
    if (masked || reserved) return false;
    if (reader->opcode >= 8) return reader->final && reader->left <= 125 && reader->opcode <= OPCODE_PONG;
    return reader->opcode <= OPCODE_BINARY;
}

enum frame_event websocket_read(
    struct frame_reader *reader, const uint8_t **bytes, size_t *count, const uint8_t **payload, size_t *payload_count) {
    for (;;) {
        if (reader->left > 0 && reader->opcode < 8) {
            if (*count == 0) return FRAME_MORE;
            size_t step = *count < reader->left ? *count : (size_t)reader->left;
            *payload = *bytes;
            *payload_count = step;
            *bytes += step;
            *count -= step;
            reader->left -= step;
            return FRAME_DATA;
        }
        if (reader->left > 0) {
            size_t step = *count < reader->left ? *count : (size_t)reader->left;
            memcpy(reader->control + reader->control_count, *bytes, step);
            reader->control_count += (uint8_t)step;
            *bytes += step;
            *count -= step;
            reader->left -= step;
            if (reader->left > 0) return FRAME_MORE;
            return FRAME_CONTROL;
        }
        while (reader->head_count < 2 || reader->head_count < head_length(reader->head)) {
            if (*count == 0) return FRAME_MORE;
            reader->head[reader->head_count++] = *(*bytes)++;
            (*count)--;
        }
        if (!begin_frame(reader)) return FRAME_BROKEN;
        if (reader->left == 0 && reader->opcode >= 8) return FRAME_CONTROL;
    }
}

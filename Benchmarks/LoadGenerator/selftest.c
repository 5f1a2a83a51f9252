#define _GNU_SOURCE
#include "selftest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "histogram.h"
#include "json.h"
#include "pattern.h"
#include "request.h"
#include "websocket.h"

static uint64_t checks, failures;

void self_test_check(bool holds, const char *condition, const char *file, int line) {
    checks++;
    if (holds) return;
    // A loop would repeat itself endlessly.
    if (failures++ < 20) printf("  %s:%d: not so: %s\n", file, line, condition);
}

static uint64_t random_number(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

// MARK: Histogram

static void every_value_is_kept_to_a_thousandth(void) {
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        // All magnitudes alike, and the edges of buckets.
        uint64_t value = random_number(&state) >> (24 + i % 40);
        if (i % 3 == 0) value = (1ull << i % 40) + (uint64_t)(i % 7) - 3;
        if (value >= 1ull << 40) value = (1ull << 40) - 1;
        struct histogram *histogram = histogram_create();
        histogram_record(histogram, value);
        // A larger one, so that the maximum, which is exact, doesn't answer for the bucket.
        histogram_record(histogram, 1ull << 41);
        uint64_t kept = histogram_quantile(histogram, 0.5);
        CHECK(kept >= value);
        CHECK(kept - value <= value / 1000);
        CHECK(value >= 2048 || kept == value);
        CHECK(histogram->maximum == 1ull << 41);
        free(histogram);
    }
}

static void quantiles_of_known_sets(void) {
    struct histogram *histogram = histogram_create();
    CHECK(histogram_quantile(histogram, 0.99) == 0 && histogram_mean(histogram) == 0);
    // 1 … 1000, backwards: small enough to be exact.
    for (uint64_t value = 1000; value >= 1; value--) histogram_record(histogram, value);
    CHECK(histogram_quantile(histogram, 0.5) == 500);
    CHECK(histogram_quantile(histogram, 0.9) == 900);
    CHECK(histogram_quantile(histogram, 0.99) == 990);
    CHECK(histogram_quantile(histogram, 0.999) == 999);
    CHECK(histogram_quantile(histogram, 1) == 1000);
    CHECK(histogram_quantile(histogram, 0) == 1);
    CHECK(histogram_mean(histogram) == 500.5);
    // One in a thousand is slow: it is in the maximum and beyond p99.9, and nowhere else.
    struct histogram *stalled = histogram_create();
    for (int i = 0; i < 999; i++) histogram_record(stalled, 100);
    histogram_record(stalled, 5000000);
    CHECK(histogram_quantile(stalled, 0.99) == 100 && histogram_quantile(stalled, 0.999) == 100);
    CHECK(histogram_quantile(stalled, 0.9991) == 5000000 && stalled->maximum == 5000000);
    // Two threads' values are as one's.
    histogram_add(histogram, stalled);
    CHECK(histogram->count == 2000 && histogram->maximum == 5000000);
    CHECK(histogram_quantile(histogram, 0.5) == 100);
    // Few values: no more than the share may exceed the answer.
    struct histogram *few = histogram_create();
    for (uint64_t value = 1; value <= 6; value++) histogram_record(few, value);
    CHECK(histogram_quantile(few, 0.9) == 6 && histogram_quantile(few, 0.5) == 3);
    free(histogram);
    free(stalled);
    free(few);
}

static void check_histogram(void) {
    every_value_is_kept_to_a_thousandth();
    quantiles_of_known_sets();
}

// MARK: Pattern

static void check_pattern(void) {
    enum { LENGTH = 200000, SLICE = 4096 };
    pattern_prepare(SLICE);
    uint8_t *bytes = malloc(LENGTH);
    if (bytes == NULL) abort();
    const uint64_t starts[] = {0, 1, PATTERN_PERIOD - 1, PATTERN_PERIOD, 1ull << 40, 12345678901};
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++) {
        uint64_t start = starts[s];
        for (size_t at = 0; at < LENGTH; at += SLICE) {
            size_t count = LENGTH - at < SLICE ? LENGTH - at : SLICE;
            memcpy(bytes + at, pattern_at(start + at), count);
        }
        CHECK(pattern_verify(start, bytes, LENGTH) == LENGTH);
        CHECK(pattern_verify(start, bytes, 0) == 0);
        uint64_t state = start + 1;
        for (int i = 0; i < 200; i++) {
            size_t place = i < 4 ? (size_t[]){0, LENGTH - 1, SLICE - 1, SLICE}[i] : random_number(&state) % LENGTH;
            bytes[place] ^= (uint8_t)(1 << i % 8);
            CHECK(pattern_verify(start, bytes, LENGTH) == place);
            bytes[place] ^= (uint8_t)(1 << i % 8);
        }
        // What a proxy could lose or repeat: a byte, a frame's head, a page, a record, a buffer; and other tunnels.
        const size_t shifts[] = {1, 2, 14, 64, 1448, 4096, 4099, 8192, 16384, 16408, 32768, 65483, 65536, 131072, 262144};
        for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++)
            CHECK(pattern_verify(start + shifts[i], bytes, LENGTH) < 16);
    }
    free(bytes);
}

// MARK: JSON

static void check_json(void) {
    char *text;
    size_t count;
    FILE *stream = open_memstream(&text, &count);
    if (stream == NULL) abort();
    struct writer writer = {.out = stream, .json = true};
    write_begin(&writer, NULL);
    write_text(&writer, "words", "a \"b\" \\ \n\x01");
    write_begin(&writer, "group");
    write_count(&writer, "largest", UINT64_MAX);
    write_number(&writer, "third", 1.0 / 3);
    write_number(&writer, "large", 123456789.4);
    write_number(&writer, "none", INFINITY);
    write_end(&writer);
    write_begin(&writer, "empty");
    write_end(&writer);
    write_list_begin(&writer, "list");
    write_count(&writer, NULL, 1);
    write_text(&writer, NULL, "two");
    write_list_end(&writer);
    write_absent(&writer, "absent");
    write_flag(&writer, "flag", true);
    write_end(&writer);
    fclose(stream);
    CHECK(strcmp(text, "{\"words\":\"a \\\"b\\\" \\\\ \\u000a\\u0001\",\"group\":{\"largest\":18446744073709551615,"
                       "\"third\":0.333333,\"large\":123456789,\"none\":null},\"empty\":{},\"list\":[1,\"two\"],"
                       "\"absent\":null,\"flag\":true}\n") == 0);
    free(text);
}

// MARK: WebSocket

// Reads `frames` cut into two at every place, and whole; what came out is `payload` and one control frame or none.
static void check_reading(const uint8_t *frames, size_t count, const char *payload, int control, const char *words) {
    for (size_t cut = 0; cut <= count; cut++) {
        struct frame_reader reader;
        memset(&reader, 0, sizeof reader);
        char joined[64] = "";
        size_t joined_count = 0;
        int controls = 0;
        for (int part = 0; part < 2; part++) {
            const uint8_t *bytes = part == 0 ? frames : frames + cut, *piece;
            size_t left = part == 0 ? cut : count - cut, piece_count;
            enum frame_event event;
            while ((event = websocket_read(&reader, &bytes, &left, &piece, &piece_count)) != FRAME_MORE) {
                CHECK(event != FRAME_BROKEN);
                if (event == FRAME_BROKEN) return;
                if (event == FRAME_DATA && joined_count + piece_count < sizeof joined) {
                    memcpy(joined + joined_count, piece, piece_count);
                    joined_count += piece_count;
                } else if (event == FRAME_CONTROL) {
                    controls++;
                    CHECK(reader.opcode == control && reader.control_count == strlen(words));
                    CHECK(memcmp(reader.control, words, strlen(words)) == 0);
                }
            }
            CHECK(left == 0);
        }
        CHECK(joined_count == strlen(payload) && memcmp(joined, payload, joined_count) == 0);
        CHECK(controls == (control != 0));
    }
}

// The examples of RFC 6455 section 5.7, those from a server read, those from a client written.
static void examples_of_the_standard(void) {
    static const uint8_t hello[] = {0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};
    check_reading(hello, sizeof hello, "Hello", 0, "");
    static const uint8_t fragments[] = {0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f};
    check_reading(fragments, sizeof fragments, "Hello", 0, "");
    static const uint8_t ping[] = {0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};
    check_reading(ping, sizeof ping, "", OPCODE_PING, "Hello");
    // A ping between fragments, an empty message before them.
    static const uint8_t between[] = {0x82, 0x00, 0x01, 0x03, 0x48, 0x65, 0x6c, 0x89, 0x00, 0x80, 0x02, 0x6c, 0x6f};
    check_reading(between, sizeof between, "Hello", OPCODE_PING, "");

    static const uint8_t key_bytes[] = {0x37, 0xfa, 0x21, 0x3d};
    static const uint8_t masked[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    static const uint8_t pong[] = {0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    uint8_t frame[FRAME_HEAD_MAXIMUM + 5];
    uint32_t key;
    memcpy(&key, key_bytes, sizeof key);
    size_t head = websocket_frame_head(frame, OPCODE_TEXT, 5, key);
    websocket_mask(frame + head, (const uint8_t *)"Hello", 5, key);
    CHECK(head + 5 == sizeof masked && memcmp(frame, masked, sizeof masked) == 0);
    head = websocket_frame_head(frame, OPCODE_PONG, 5, key);
    CHECK(head + 5 == sizeof pong && frame[0] == pong[0]);
    static const uint8_t middle[] = {0x82, 0xfe, 0x01, 0x00}, large[] = {0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0};
    CHECK(websocket_frame_head(frame, OPCODE_BINARY, 256, key) == 8 && memcmp(frame, middle, sizeof middle) == 0);
    CHECK(websocket_frame_head(frame, OPCODE_BINARY, 65536, key) == 14 && memcmp(frame, large, sizeof large) == 0);
    CHECK(websocket_frame_head(frame, OPCODE_BINARY, 125, key) == 6 && frame[1] == (0x80 | 125));
    CHECK(websocket_frame_head(frame, OPCODE_BINARY, 126, key) == 8 && frame[1] == (0x80 | 126));
    CHECK(websocket_frame_head(frame, OPCODE_BINARY, 65535, key) == 8 && frame[1] == (0x80 | 126));
}

static void long_frames(void) {
    const size_t lengths[] = {125, 126, 127, 65535, 65536, 200000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t length = lengths[i];
        uint8_t *bytes = calloc(1, length + 10);
        if (bytes == NULL) abort();
        // As a server writes it: the client's head without the mask.
        size_t head = websocket_frame_head(bytes, OPCODE_BINARY, length, 0) - 4;
        bytes[1] &= 127;
        struct frame_reader reader;
        memset(&reader, 0, sizeof reader);
        const uint8_t *at = bytes, *piece;
        size_t left = length + head, piece_count = 0;
        CHECK(websocket_read(&reader, &at, &left, &piece, &piece_count) == FRAME_DATA);
        CHECK(piece_count == length && left == 0 && piece == bytes + head);
        free(bytes);
    }
}

static void broken_frames(void) {
    // Masked; a reserved bit; reserved opcodes; a control frame in pieces, and one too long.
    static const uint8_t broken[][4] = {{0x82, 0x80}, {0xc2, 0x00}, {0x83, 0x00}, {0x8b, 0x00}, {0x09, 0x00},
                                        {0x88, 126, 0, 126}};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct frame_reader reader;
        memset(&reader, 0, sizeof reader);
        const uint8_t *at = broken[i], *piece;
        size_t left = sizeof broken[i], piece_count;
        CHECK(websocket_read(&reader, &at, &left, &piece, &piece_count) == FRAME_BROKEN);
    }
}

static void masking(void) {
    uint8_t in[100], out[101];
    uint64_t state = 3;
    for (size_t i = 0; i < sizeof in; i++) in[i] = (uint8_t)random_number(&state);
    for (size_t count = 0; count <= sizeof in; count++) {
        uint32_t key = (uint32_t)random_number(&state);
        uint8_t mask[4];
        memcpy(mask, &key, sizeof key);
        out[count] = 0xa5;
        websocket_mask(out, in, count, key);
        for (size_t i = 0; i < count; i++) CHECK(out[i] == (in[i] ^ mask[i % 4]));
        CHECK(out[count] == 0xa5);
    }
}

static enum upgrade judge(const char *head, size_t *used, int *status) {
    return websocket_answer((const uint8_t *)head, strlen(head), used, status);
}

static void upgrades(void) {
    char accept[32], right[256], wrong[512];
    // RFC 6455 section 1.3.
    websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
    CHECK(strcmp(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == 0);

    struct options options;
    memset(&options, 0, sizeof options);
    options.path = "/a?b";
    options.host = "example:1";
    options.subprotocol = "binary";
    options.fields[options.field_count++] = "X-One: two";
    websocket_prepare(&options);
    uint8_t request[1024];
    size_t count = websocket_request("abc", request, sizeof request - 1);
    CHECK(count > 0 && websocket_request("abc", request, 100) == 0);
    request[count] = 0;
    const char *text = (const char *)request, *key = strstr(text, "Sec-WebSocket-Key: ");
    CHECK(strncmp(text, "GET /a?b HTTP/1.1\r\nHost: example:1\r\n", 36) == 0);
    CHECK(strstr(text, "\r\nSec-WebSocket-Protocol: binary\r\nX-One: two\r\nAuthorization: Bearer abc\r\n\r\n") != NULL);
    CHECK(key != NULL);
    if (key == NULL) return;
    char nonce[25];
    snprintf(nonce, sizeof nonce, "%.24s", key + 19);
    websocket_accept(nonce, accept);

    size_t used = 0;
    int status = 0;
    static const char start[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
    snprintf(right, sizeof right, "%ssec-websocket-ACCEPT: %s\r\n\r\n", start, accept);
    CHECK(judge(right, &used, &status) == UPGRADE_ACCEPTED && used == strlen(right) && status == 101);
    for (size_t length = 0; length < strlen(right); length++) {
        memcpy(wrong, right, length);
        wrong[length] = 0;
        CHECK(judge(wrong, &used, &status) == UPGRADE_INCOMPLETE);
    }
    // What follows the head is not the head's.
    snprintf(wrong, sizeof wrong, "%s\x82\x03xyz", right);
    CHECK(judge(wrong, &used, &status) == UPGRADE_ACCEPTED && used == strlen(right));
    accept[5] = accept[5] == 'A' ? 'B' : 'A';
    snprintf(wrong, sizeof wrong, "%sSec-WebSocket-Accept: %s\r\n\r\n", start, accept);
    CHECK(judge(wrong, &used, &status) == UPGRADE_BROKEN);
    snprintf(wrong, sizeof wrong, "%s\r\n", start);
    CHECK(judge(wrong, &used, &status) == UPGRADE_BROKEN);
    CHECK(judge("HTTP/1.1 403 Forbidden\r\n\r\n", &used, &status) == UPGRADE_REFUSED && status == 403);
    CHECK(judge("SSH-2.0-x\r\n\r\n\r\n\r\n", &used, &status) == UPGRADE_BROKEN);
}

static void check_websocket(void) {
    examples_of_the_standard();
    long_frames();
    broken_frames();
    masking();
    upgrades();
}

// MARK: Small things

static void check_encodings(void) {
    // RFC 4648 section 10, and the two letters that differ.
    static const char *const pairs[][2] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"},
                                           {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char out[BASE64URL_ROOM(8)];
        size_t count = base64url_encode(out, (const uint8_t *)pairs[i][0], strlen(pairs[i][0]));
        CHECK(strcmp(out, pairs[i][1]) == 0 && count == strlen(pairs[i][1]));
    }
    uint8_t request[REQUEST_SIZE], answer[ANSWER_SIZE];
    put_request(request, 'U', 0x0123456789abcdef, UINT64_MAX);
    CHECK(memcmp(request, "SPB1U\0\0\0\x01\x23\x45\x67\x89\xab\xcd\xef", 16) == 0);
    CHECK(get_number(request + 8, 8) == 0x0123456789abcdef && get_number(request + 16, 8) == UINT64_MAX);
    put_answer(answer, ANSWER_WRONG, 77);
    CHECK(memcmp(answer, "SPBA\0\0\0\x01\0\0\0\0\0\0\0\x4d", ANSWER_SIZE) == 0);
}

int self_test(void) {
    static const struct { const char *name; void (*check)(void); } parts[] = {
        {"histogram: buckets to a thousandth, quantiles of known sets", check_histogram},
        {"pattern: the first wrong, lost or added byte is found", check_pattern},
        {"json: escapes, groups, lists, numbers", check_json},
        {"websocket: the examples of RFC 6455, frames cut anywhere, masking, upgrades", check_websocket},
        {"encodings: base64url, requests and answers", check_encodings},
        {"accounting: CPU time of threads, children and those that have ended", self_test_accounting},
    };
    bool succeeded = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        checks = failures = 0;
        parts[i].check();
        printf("%-6s %s (%llu checks)\n", failures == 0 ? "ok" : "FAILED", parts[i].name, (unsigned long long)checks);
        if (failures > 0) succeeded = false;
    }
    return succeeded ? 0 : 1;
}

// Base64 in the URL-safe alphabet without padding (RFC 4648 section 5), as JOSE writes it.
#ifndef BENCH_BASE64URL_H
#define BENCH_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

// Room for `count` bytes, with the final zero.
#define BASE64URL_ROOM(count) (((count) + 2) / 3 * 4 + 1)

// The length, without the final zero.
static inline size_t base64url_encode(char *out, const uint8_t *bytes, size_t count) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length = 0;
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1) group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2) group |= bytes[i + 2];
        for (size_t digit = 0; digit < 4 && digit <= left; digit++)
            out[length++] = letters[group >> (18 - 6 * digit) & 63];
    }
    out[length] = 0;
    return length;
}

#endif

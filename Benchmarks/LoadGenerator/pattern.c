#include "pattern.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *table;
static size_t longest_slice;

void pattern_prepare(size_t longest) {
    free(table);
    longest_slice = longest;
    table = malloc(PATTERN_PERIOD + longest);
    if (table == NULL) abort();
    // splitmix64 from a fixed seed: the same bytes in every process, so that client and backend agree.
    uint64_t state = 0x5ec0de5ec0de;
    for (size_t i = 0; i < PATTERN_PERIOD; i += 8) {
        uint64_t word = state += 0x9e3779b97f4a7c15;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
        word = (word ^ word >> 27) * 0x94d049bb133111eb;
        word ^= word >> 31;
        size_t rest = PATTERN_PERIOD - i;
        memcpy(table + i, &word, rest < 8 ? rest : 8);
    }
    for (size_t i = 0; i < longest; i++) table[PATTERN_PERIOD + i] = table[i];
}

const uint8_t *pattern_at(uint64_t position) { return table + position % PATTERN_PERIOD; }

size_t pattern_verify(uint64_t position, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    while (at < count) {
        size_t step = count - at < longest_slice ? count - at : longest_slice;
        const uint8_t *expected = pattern_at(position + at);
        if (memcmp(bytes + at, expected, step) != 0) {
            while (bytes[at] == *expected) at++, expected++;
            return at;
        }
        at += step;
    }
    return count;
}

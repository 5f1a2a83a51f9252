// The numbered bytes that every tunnel carries: what stands at a position follows from the position alone.
//
// The pattern repeats after a prime number of bytes, larger than any buffer's size that a proxy could lose, repeat or
// swap by mistake: a stream that lacks a record, a frame or a page no longer matches. Every tunnel starts at a place of
// its own, so that bytes of another tunnel do not match either.
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_PERIOD 65521

// Prepares the table; a slice of up to `longest` bytes then lies in one piece.
void pattern_prepare(size_t longest);
// The bytes from `position` on: at least `longest` of them.
const uint8_t *pattern_at(uint64_t position);
// The offset in `bytes` of the first one that is wrong for a stream at `position`; `count` where all are right.
size_t pattern_verify(uint64_t position, const uint8_t *bytes, size_t count);

#endif

// Latencies, counted in buckets that keep three significant digits (the idea of HdrHistogram).
//
// Values below 2048 have a bucket each; above, every power of two is cut into 1024 buckets, so that a bucket is at most
// 0.1 % wide. Recording is a shift and an addition; nothing is allocated after `histogram_create`.
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 32768

struct histogram {
    uint64_t count, sum, maximum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

struct histogram *histogram_create(void);
void histogram_add(struct histogram *into, const struct histogram *from);
// The value, in nanoseconds, that `share` (0 … 1) of all values do not exceed; 0 where there are none.
uint64_t histogram_quantile(const struct histogram *histogram, double share);
double histogram_mean(const struct histogram *histogram);

static inline void histogram_record(struct histogram *histogram, uint64_t nanoseconds) {
    uint64_t value = nanoseconds < (1ull << 40) ? nanoseconds : (1ull << 40) - 1;
    uint64_t shift = value < 2048 ? 0 : 53 - (uint64_t)__builtin_clzll(value);
    histogram->buckets[1024 * shift + (value >> shift)]++;
    histogram->count++;
    histogram->sum += nanoseconds;
    if (nanoseconds > histogram->maximum) histogram->maximum = nanoseconds;
}

#endif

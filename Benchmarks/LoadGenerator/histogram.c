#include "histogram.h"

#include <math.h>
#include <stdlib.h>

struct histogram *histogram_create(void) {
    // Pages of buckets that no value falls into are never touched, so the size costs nothing.
    struct histogram *histogram = calloc(1, sizeof *histogram);
    if (histogram == NULL) abort();
    return histogram;
}

void histogram_add(struct histogram *into, const struct histogram *from) {
    if (from->count == 0) return;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) into->buckets[i] += from->buckets[i];
    into->count += from->count;
    into->sum += from->sum;
    if (from->maximum > into->maximum) into->maximum = from->maximum;
}

// The largest value that falls into a bucket.
static uint64_t upper_bound(uint64_t bucket) {
    if (bucket < 2048) return bucket;
    uint64_t shift = bucket / 1024 - 1;
    return ((bucket - 1024 * shift + 1) << shift) - 1;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    if (histogram->count == 0) return 0;
    // Rounded up, or more than the rest would exceed it; what a multiplication adds by inexactness is not rounded up.
    double wanted = ceil(share * (double)histogram->count * (1 - 1e-12));
    if (wanted < 1) wanted = 1;
    uint64_t seen = 0;
    for (uint64_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if ((double)seen < wanted) continue;
        uint64_t bound = upper_bound(i);
        return bound < histogram->maximum ? bound : histogram->maximum;
    }
    return histogram->maximum;
}

double histogram_mean(const struct histogram *histogram) {
    return histogram->count == 0 ? 0 : (double)histogram->sum / (double)histogram->count;
}

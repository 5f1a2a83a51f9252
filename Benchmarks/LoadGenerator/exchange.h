// What is said over open tunnels: messages that are echoed, and bulk.
#ifndef BENCH_EXCHANGE_H
#define BENCH_EXCHANGE_H

#include "worker.h"

// A tunnel opened: its first words.
void exchange_opened(struct worker *worker, struct tunnel *tunnel);
// Payload came.
void exchange_received(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count);
// The tunnel can take more: bulk goes on.
void exchange_pump(struct worker *worker, struct tunnel *tunnel);
// A running phase has begun.
void exchange_begin(struct worker *worker);
// Opens connections in the places that are free (connect); sends large messages where none are under way (idle).
void exchange_refill(struct worker *worker);
// Open loop: sends what is due by now, as far as tunnels take it; answers when that was.
uint64_t exchange_due(struct worker *worker);

#endif

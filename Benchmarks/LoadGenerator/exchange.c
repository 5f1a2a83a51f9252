#include "exchange.h"

#include "pattern.h"
#include "run.h"

// Bulk requests under way in a tunnel, so that the next one is there when one ends.
#define REQUESTS_AHEAD 2
// Bulk leaves in sends of this size.
#define SEND_SIZE (128 * 1024)
// Open loop: what a tunnel's kernel buffer doesn't take may wait here, up to this; then the schedule waits.
#define LONGEST_QUEUE (4 * 1024 * 1024)

static size_t message_size(const struct worker *worker) {
    return worker->options->mode == MODE_IDLE ? worker->options->big : worker->options->size;
}

// MARK: Echo

static void send_message(struct worker *worker, struct tunnel *tunnel, uint64_t due) {
    size_t size = message_size(worker);
    times_push(&tunnel->times, due);
    worker->under_way++;
    // What is counted in `connect` are connections, whatever they carry.
    if (worker->options->mode != MODE_CONNECT) worker->begun++;
    uint64_t position = tunnel->base + tunnel->sent;
    tunnel->sent += size;
    tunnel->since = due > worker->now ? due : worker->now;
    tunnel_send_pattern(worker, tunnel, position, size);
}

// Closed loop: as many messages under way as asked for.
static void fill(struct worker *worker, struct tunnel *tunnel, uint64_t now) {
    if (worker->interval > 0) return;
    while (tunnel->state == TUNNEL_OPEN && tunnel->times.count < worker->options->depth && worker_may_begin(worker))
        send_message(worker, tunnel, now);
}

// Idle: a tunnel has sent its large messages; the next one's turn.
static void next_idle_tunnel(struct worker *worker, uint64_t now) {
    while (worker->next < worker->tunnel_count) {
        struct tunnel *next = &worker->tunnels[worker->next++];
        if (next->state != TUNNEL_OPEN) continue;
        struct wire *current = worker->loop.current;
        tunnel_select(worker, next);
        next->left = worker->options->rounds - 1;
        send_message(worker, next, now);
        tunnel_flush(worker, next);
        worker->loop.current = current;
        return;
    }
}

static void after_answers(struct worker *worker, struct tunnel *tunnel, uint64_t now) {
    switch (worker->options->mode) {
    case MODE_CONNECT:
        if (tunnel->left == 0) {
            tunnel_end(worker, tunnel);
            return;
        }
        tunnel->left--;
        send_message(worker, tunnel, now);
        return;
    case MODE_IDLE:
        if (tunnel->left > 0) {
            tunnel->left--;
            send_message(worker, tunnel, now);
            return;
        }
        // The own output leaves before another tunnel's is written.
        tunnel_flush(worker, tunnel);
        next_idle_tunnel(worker, now);
        return;
    default: fill(worker, tunnel, now); return;
    }
}

static bool matches(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    uint64_t position = tunnel->base + tunnel->received;
    size_t right = worker->options->verify ? pattern_verify(position, bytes, count) : count;
    if (right == count) return true;
    worker_corrupted(worker, tunnel, "byte %llu that came back is %u instead of %u",
                     (unsigned long long)(tunnel->received + right), bytes[right], *pattern_at(position + right));
    return false;
}

// One answer is complete: `size` bytes have made their way.
static void answered(struct worker *worker, struct tunnel *tunnel, size_t up, size_t down, uint64_t now) {
    uint64_t begun = times_pop(&tunnel->times);
    worker->under_way--;
    tunnel->answered += down;
    worker->tally.ended_ns = now;
    if (!worker->measured) return;
    bool is_message = tunnel->role == ROLE_ECHO;
    if (is_message) worker->tally.messages++;
    else worker->tally.requests++;
    worker->tally.bytes_up += up;
    worker->tally.bytes_down += down;
    histogram_record(is_message ? worker->latency : worker->requests, now > begun ? now - begun : 0);
}

static void echo_received(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    if (!matches(worker, tunnel, bytes, count)) return;
    if (tunnel->received + count > tunnel->sent) {
        worker_corrupted(worker, tunnel, "%llu bytes came back, and only %llu were sent",
                         (unsigned long long)(tunnel->received + count), (unsigned long long)tunnel->sent);
        return;
    }
    tunnel->received += count;
    size_t size = message_size(worker);
    if (tunnel->received - tunnel->answered < size) return;
    uint64_t now = now_ns();
    while (tunnel->times.count > 0 && tunnel->received - tunnel->answered >= size)
        answered(worker, tunnel, size, size, now);
    after_answers(worker, tunnel, now);
}

// MARK: Bulk

static void ask(struct worker *worker, struct tunnel *tunnel, char kind, uint64_t position) {
    uint8_t request[REQUEST_SIZE];
    put_request(request, kind, worker->options->bytes, position);
    times_push(&tunnel->times, now_ns());
    worker->under_way++;
    worker->begun++;
    tunnel->since = worker->now;
    tunnel_send_bytes(worker, tunnel, request, sizeof request);
}

static void pump_upload(struct worker *worker, struct tunnel *tunnel) {
    size_t moved = 0;
    while (tunnel->wire.pending_count == 0) {
        if (tunnel->batch_left == 0) {
            if (tunnel->times.count >= REQUESTS_AHEAD || !worker_may_begin(worker)) return;
            ask(worker, tunnel, 'U', tunnel->base + tunnel->sent);
            if (tunnel->state != TUNNEL_OPEN) return;
            tunnel->batch_left = worker->options->bytes;
        }
        size_t frame = worker->options->frame;
        size_t step = tunnel->batch_left < frame ? (size_t)tunnel->batch_left : frame;
        tunnel_send_pattern(worker, tunnel, tunnel->base + tunnel->sent, step);
        if (tunnel->state != TUNNEL_OPEN) return;
        tunnel->sent += step;
        tunnel->batch_left -= step;
        moved += step;
        tunnel->since = worker->now;
        if (worker->loop.output_count >= SEND_SIZE) tunnel_flush(worker, tunnel);
        if (tunnel->state != TUNNEL_OPEN) return;
        if (moved >= TURN_BUDGET) {
            worker_continue_later(worker, tunnel);
            return;
        }
    }
}

// The sink's answers: one for each request.
static void upload_received(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        tunnel->answer[tunnel->answer_count++] = bytes[i];
        if (tunnel->answer_count < ANSWER_SIZE) continue;
        tunnel->answer_count = 0;
        uint64_t number = get_number(tunnel->answer + 8, 8);
        uint64_t status = get_number(tunnel->answer + 4, 4);
        if (memcmp(tunnel->answer, "SPBA", 4) != 0 || tunnel->times.count == 0) {
            worker_corrupted(worker, tunnel, "what came is no answer of a sink (--serve sink or any)");
            return;
        }
        if (status != ANSWER_WELL) {
            worker_corrupted(worker, tunnel, "byte %llu of an upload arrived changed",
                             (unsigned long long)number);
            return;
        }
        if (number != worker->options->bytes) {
            worker_corrupted(worker, tunnel, "%llu bytes of an upload arrived instead of %llu",
                             (unsigned long long)number, (unsigned long long)worker->options->bytes);
            return;
        }
        answered(worker, tunnel, (size_t)number, 0, now_ns());
    }
}

static void pump_download(struct worker *worker, struct tunnel *tunnel) {
    while (tunnel->times.count < REQUESTS_AHEAD && worker_may_begin(worker)) {
        ask(worker, tunnel, 'D', tunnel->base + tunnel->sent);
        if (tunnel->state != TUNNEL_OPEN) return;
        tunnel->sent += worker->options->bytes;
    }
}

static void download_received(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    if (!matches(worker, tunnel, bytes, count)) return;
    if (tunnel->received + count > tunnel->sent) {
        worker_corrupted(worker, tunnel, "%llu bytes came, and only %llu were asked for",
                         (unsigned long long)(tunnel->received + count), (unsigned long long)tunnel->sent);
        return;
    }
    tunnel->received += count;
    bool complete = false;
    while (tunnel->times.count > 0 && tunnel->received - tunnel->answered >= worker->options->bytes) {
        answered(worker, tunnel, 0, worker->options->bytes, now_ns());
        complete = true;
    }
    if (complete) pump_download(worker, tunnel);
}

// MARK: What the others call

void exchange_opened(struct worker *worker, struct tunnel *tunnel) {
    if (worker->options->mode == MODE_CONNECT) {
        if (worker->options->after == 0 || tunnel->state != TUNNEL_OPEN) {
            tunnel_end(worker, tunnel);
            return;
        }
        tunnel->left = worker->options->after - 1;
        send_message(worker, tunnel, now_ns());
        return;
    }
    if (worker->options->mode != MODE_MIXED || tunnel->role != ROLE_ECHO) return;
    uint8_t request[REQUEST_SIZE];
    put_request(request, 'E', 0, 0);
    tunnel_send_bytes(worker, tunnel, request, sizeof request);
}

void exchange_received(struct worker *worker, struct tunnel *tunnel, const uint8_t *bytes, size_t count) {
    switch (tunnel->role) {
    case ROLE_ECHO: echo_received(worker, tunnel, bytes, count); return;
    case ROLE_UPLOAD: upload_received(worker, tunnel, bytes, count); return;
    case ROLE_DOWNLOAD: download_received(worker, tunnel, bytes, count); return;
    }
}

void exchange_pump(struct worker *worker, struct tunnel *tunnel) {
    if (tunnel->role == ROLE_UPLOAD) pump_upload(worker, tunnel);
    if (tunnel->role == ROLE_DOWNLOAD) pump_download(worker, tunnel);
}

void exchange_begin(struct worker *worker) {
    const struct options *options = worker->options;
    uint64_t now = now_ns();
    worker->now = now;
    worker->next = 0;
    worker->next_due = (double)now + worker->interval * (worker->index + 1) / options->threads;
    if (options->mode == MODE_CONNECT) {
        exchange_refill(worker);
        return;
    }
    if (options->mode == MODE_IDLE) {
        uint32_t active = options->active / (uint32_t)options->threads;
        for (uint32_t i = 0; i == 0 || i < active; i++) next_idle_tunnel(worker, now);
        return;
    }
    for (uint32_t i = 0; i < worker->tunnel_count; i++) {
        struct tunnel *tunnel = &worker->tunnels[i];
        if (tunnel->state != TUNNEL_OPEN) continue;
        tunnel_select(worker, tunnel);
        if (tunnel->role == ROLE_ECHO) fill(worker, tunnel, now);
        else exchange_pump(worker, tunnel);
        tunnel_flush(worker, tunnel);
    }
}

void exchange_refill(struct worker *worker) {
    // A tunnel that failed has no successor: where none is left at work, the next ones are begun here.
    if (worker->options->mode == MODE_IDLE && worker->running && worker->under_way == 0)
        next_idle_tunnel(worker, now_ns());
    if (worker->options->mode != MODE_CONNECT || worker->interval > 0) return;
    while (worker->idle_count > 0 && worker_may_begin(worker)) {
        struct tunnel *tunnel = &worker->tunnels[worker->idle[--worker->idle_count]];
        worker->begun++;
        worker->open++;
        // Impossible at once, such as without a free port: not again before the loop has looked around.
        if (!tunnel_open(worker, tunnel, now_ns())) return;
    }
}

static struct tunnel *next_echoing(struct worker *worker) {
    for (uint32_t i = 0; i < worker->tunnel_count; i++) {
        if (worker->next >= worker->tunnel_count) worker->next = 0;
        struct tunnel *tunnel = &worker->tunnels[worker->next++];
        if (tunnel->role == ROLE_ECHO && tunnel->state == TUNNEL_OPEN) return tunnel;
    }
    return NULL;
}

uint64_t exchange_due(struct worker *worker) {
    uint64_t now = now_ns();
    while (worker->next_due <= (double)now && worker_may_begin(worker)) {
        uint64_t due = (uint64_t)worker->next_due;
        if (worker->options->mode == MODE_CONNECT) {
            if (worker->idle_count == 0) return now;
            worker->begun++;
            worker->open++;
            tunnel_open(worker, &worker->tunnels[worker->idle[--worker->idle_count]], due);
        } else {
            struct tunnel *tunnel = next_echoing(worker);
            if (tunnel == NULL) return now;
            if (tunnel->wire.pending_count > LONGEST_QUEUE) return now;
            tunnel_select(worker, tunnel);
            send_message(worker, tunnel, due);
            tunnel_flush(worker, tunnel);
        }
        worker->next_due += worker->interval;
    }
    return now;
}

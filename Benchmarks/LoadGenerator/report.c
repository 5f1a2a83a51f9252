#include "report.h"

#include <stdio.h>
#include <string.h>

#include "json.h"

#define MICRO 1e6
#define GIGA 1e9
#define KIBI 1024.0

static void latencies(struct writer *writer, const char *name, const struct histogram *histogram) {
    if (histogram->count == 0) return;
    write_begin(writer, name);
    write_count(writer, "count", histogram->count);
    write_number(writer, "mean", histogram_mean(histogram) / 1e3);
    static const struct { const char *name; double share; } quantiles[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99_9", 0.999}};
    for (int i = 0; i < 4; i++)
        write_number(writer, quantiles[i].name, (double)histogram_quantile(histogram, quantiles[i].share) / 1e3);
    write_number(writer, "max", (double)histogram->maximum / 1e3);
    write_end(writer);
}

static bool is_bulk(const struct run *run) { return run->options->uploads + run->options->downloads > 0; }

// `value` for each piece of work that the mode is about.
static void per_work(struct writer *writer, const struct run *run, const char *what, double value, double scale) {
    char name[96];
    const struct tally *tally = &run->tally;
    enum mode mode = run->options->mode;
    if (mode == MODE_CONNECT) {
        snprintf(name, sizeof name, "%s_per_connection", what);
        if (tally->connections > 0) write_number(writer, name, value * scale / (double)tally->connections);
    } else if (mode == MODE_ECHO) {
        snprintf(name, sizeof name, "%s_per_message", what);
        if (tally->messages > 0) write_number(writer, name, value * scale / (double)tally->messages);
    }
}

static void cpu(struct writer *writer, const struct run *run, double seconds) {
    write_number(writer, "cpu_seconds", seconds);
    per_work(writer, run, "cpu_us", seconds, MICRO);
    double bytes = (double)(run->tally.bytes_up + run->tally.bytes_down);
    if (is_bulk(run) && bytes > 0) write_number(writer, "cpu_seconds_per_GB", seconds * GIGA / bytes);
}

static void memory(struct writer *writer, const char *name, const struct run *run, const struct cost *cost) {
    if (cost->processes == 0) return;
    if (!cost->memory.known) {
        write_absent(writer, name);
        return;
    }
    write_begin(writer, name);
    write_number(writer, "resident_KiB", (double)cost->memory.resident / KIBI);
    write_number(writer, "proportional_KiB", (double)cost->memory.proportional / KIBI);
    write_number(writer, "anonymous_KiB", (double)cost->memory.anonymous / KIBI);
    double grown = (double)cost->memory.resident - (double)run->before.memory.resident;
    if (cost == &run->left && run->options->mode == MODE_IDLE)
        write_number(writer, "resident_KiB_more_than_before", grown / KIBI);
    if (cost != &run->before && run->options->mode == MODE_IDLE && cost != &run->left) {
        double tunnels = run->options->tunnels;
        write_number(writer, "resident_KiB_per_tunnel", grown / KIBI / tunnels);
        grown = (double)cost->memory.proportional - (double)run->before.memory.proportional;
        write_number(writer, "proportional_KiB_per_tunnel", grown / KIBI / tunnels);
    }
    write_end(writer);
}

static void counters(struct writer *writer, const struct run *run) {
    for (int kind = 0; kind < PERF_KINDS; kind++) {
        bool traced = kind == PERF_SYSTEM_CALLS && run->traced;
        if (traced) continue;
        if (!run->started.perf.known[kind] || !run->ended.perf.known[kind]) {
            write_absent(writer, perf_names[kind]);
            continue;
        }
        double count = run->ended.perf.counts[kind] - run->started.perf.counts[kind];
        write_number(writer, perf_names[kind], count);
        per_work(writer, run, perf_names[kind], count, 1);
        double bytes = (double)(run->tally.bytes_up + run->tally.bytes_down);
        char name[64];
        snprintf(name, sizeof name, "%s_per_GB", perf_names[kind]);
        if (is_bulk(run) && bytes > 0) write_number(writer, name, count * GIGA / bytes);
    }
    if (!run->traced) return;
    uint64_t total = tracer_total(&run->tracer);
    write_count(writer, "system_calls", total);
    per_work(writer, run, "system_calls", (double)total, 1);
    write_begin(writer, "system_calls_by_name");
    char name[32];
    uint64_t count;
    for (int rank = 0; rank < 16 && tracer_call(&run->tracer, rank, name, &count); rank++)
        write_count(writer, name, count);
    write_end(writer);
}

static void proxy(struct writer *writer, const struct run *run) {
    const struct cost *from = &run->started, *to = &run->ended;
    if (run->options->proxy.count == 0) return;
    write_begin(writer, "proxy");
    write_count(writer, "processes", (uint64_t)to->processes);
    write_count(writer, "threads", (uint64_t)to->threads);
    // What is measured in `idle` is the time that tunnels are held; without any there is nothing to tell.
    bool idle = run->options->mode == MODE_IDLE, measured = !idle || run->options->hold > 0;
    if (measured) {
        cpu(writer, run, to->cpu - from->cpu);
        write_number(writer, "user_seconds", to->user - from->user);
        write_number(writer, "system_seconds", to->system - from->system);
        write_count(writer, "voluntary_switches", to->voluntary - from->voluntary);
        write_count(writer, "involuntary_switches", to->involuntary - from->involuntary);
    }
    if (idle && measured)
        write_number(writer, "idle_cpu_us_per_tunnel_and_minute",
                     (to->cpu - from->cpu) * MICRO * 60 / run->options->hold / run->options->tunnels);
    if (idle && run->tally.messages > 0)
        write_number(writer, "cpu_us_per_large_message",
                     (run->after.cpu - to->cpu) * MICRO / (double)run->tally.messages);
    if (run->options->mode != MODE_CONNECT && run->tally.connections > 0)
        write_number(writer, "cpu_us_per_opening", run->opening_cpu * MICRO / (double)run->openings->count);
    if (measured) counters(writer, run);
    write_begin(writer, "memory");
    memory(writer, "before", run, &run->before);
    memory(writer, "opened", run, &run->opened);
    memory(writer, "after_messages", run, run->options->mode == MODE_IDLE ? &run->after : &run->ended);
    memory(writer, "left", run, &run->left);
    write_end(writer);
    write_end(writer);
}

static void others(struct writer *writer, const struct run *run) {
    write_begin(writer, "generator");
    double own = run->own_ended - run->own_started, measured = (double)(run->ended_ns - run->started_ns) / 1e9;
    cpu(writer, run, own);
    // Near 1: the generator is the limit.
    if (measured > 0) write_number(writer, "cpu_share_of_its_threads", own / measured / run->options->threads);
    write_end(writer);
    if (run->options->backend.count == 0) return;
    write_begin(writer, "backend");
    cpu(writer, run, run->backend_ended.cpu - run->backend_started.cpu);
    write_end(writer);
}

static void asked_for(struct writer *writer, const struct run *run) {
    const struct options *options = run->options;
    write_text(writer, "mode", mode_name(options->mode));
    write_text(writer, "protocol", protocol_name(options));
    write_text(writer, "target", options->target);
    write_begin(writer, "options");
    write_count(writer, "tunnels", options->tunnels);
    if (is_bulk(run)) {
        write_count(writer, "uploads", options->uploads);
        write_count(writer, "downloads", options->downloads);
        write_count(writer, "bytes", options->bytes);
    }
    if (options->mode == MODE_IDLE) write_count(writer, "big", options->big);
    else write_count(writer, "size", options->size);
    write_count(writer, "frame", options->frame);
    write_count(writer, "depth", options->depth);
    if (options->rate > 0) write_number(writer, "rate", options->rate);
    if (options->mode == MODE_CONNECT) write_count(writer, "after", options->after);
    write_count(writer, "threads", (uint64_t)options->threads);
    if (options->cpu_count > 0) {
        write_list_begin(writer, "cpus");
        for (int i = 0; i < options->cpu_count; i++) write_count(writer, NULL, (uint64_t)options->cpus[i]);
        write_list_end(writer);
    }
    write_flag(writer, "verify", options->verify);
    write_end(writer);
}

static void tls(struct writer *writer, const struct run *run) {
    if (!atomic_load(&run->has_tls)) return;
    write_begin(writer, "tls");
    write_text(writer, "version", run->tls.version);
    write_text(writer, "cipher", run->tls.cipher);
    if (run->tls.group[0] != 0) write_text(writer, "group", run->tls.group);
    write_text(writer, "certificate", run->tls.certificate);
    write_end(writer);
}

static void done(struct writer *writer, const struct run *run) {
    const struct options *options = run->options;
    const struct tally *tally = &run->tally;
    double seconds = (double)run->running_ns / 1e9;
    write_count(writer, "connections", tally->connections);
    if (options->tls) write_count(writer, "resumed", tally->resumed);
    if (options->token_count > 0) {
        write_count(writer, "tokens", options->token_count);
        write_flag(writer, "tokens_reused", atomic_load(&run->next_token) > options->token_count);
    }
    if (options->mode != MODE_CONNECT) write_number(writer, "opening_seconds", (double)run->opening_ns / 1e9);
    latencies(writer, options->mode == MODE_CONNECT ? "latency_us" : "opening_latency_us", run->openings);
    write_number(writer, "seconds", seconds);
    if (options->rate > 0) write_count(writer, "due_but_not_begun", tally->not_begun);
    if (options->mode == MODE_CONNECT) {
        if (seconds > 0) write_number(writer, "connections_per_second", (double)tally->connections / seconds);
        latencies(writer, "message_latency_us", run->latency);
        return;
    }
    if (tally->messages > 0) write_count(writer, "messages", tally->messages);
    if (tally->requests > 0) write_count(writer, "requests", tally->requests);
    write_count(writer, "bytes_up", tally->bytes_up);
    write_count(writer, "bytes_down", tally->bytes_down);
    if (seconds > 0) {
        if (tally->messages > 0) write_number(writer, "messages_per_second", (double)tally->messages / seconds);
        write_number(writer, "MB_per_second_up", (double)tally->bytes_up / seconds / 1e6);
        write_number(writer, "MB_per_second_down", (double)tally->bytes_down / seconds / 1e6);
    }
    latencies(writer, "latency_us", run->latency);
    latencies(writer, "request_latency_us", run->requests);
}

void report_print(const struct run *run, bool succeeded) {
    struct writer writer = {.out = stdout, .json = run->options->json};
    write_begin(&writer, NULL);
    asked_for(&writer, run);
    tls(&writer, run);
    done(&writer, run);
    proxy(&writer, run);
    others(&writer, run);
    write_count(&writer, "failures", run->failures);
    write_list_begin(&writer, "failure_words");
    for (int i = 0; i < run->word_count; i++) write_text(&writer, NULL, run->words[i]);
    write_list_end(&writer);
    write_flag(&writer, "ok", succeeded);
    write_end(&writer);
    if (!succeeded)
        for (int i = 0; i < run->word_count; i++) fprintf(stderr, "secure-proxy-bench: %s\n", run->words[i]);
}

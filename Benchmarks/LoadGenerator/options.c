#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

__attribute__((noreturn, format(printf, 1, 2))) static void refuse(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("secure-proxy-bench: ", stderr);
    vfprintf(stderr, format, values);
    fputs(" (--help lists everything)\n", stderr);
    va_end(values);
    exit(2);
}

static void *owned(void *memory) {
    if (memory == NULL) abort();
    return memory;
}

// A number with a decimal (k, M, G) or binary (Ki, Mi, Gi) suffix.
static uint64_t number(const char *name, const char *text, uint64_t least, uint64_t most) {
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || errno != 0 || value < 0) refuse("--%s: \"%s\" is no number", name, text);
    const char *letters = "kMG";
    const char *letter = *end != 0 ? strchr(letters, *end == 'K' ? 'k' : *end) : NULL;
    if (letter != NULL) {
        bool binary = end[1] == 'i';
        for (long i = letter - letters; i >= 0; i--) value *= binary ? 1024 : 1000;
        end += binary ? 2 : 1;
    }
    if (*end != 0) refuse("--%s: \"%s\" is no number; suffixes are k, M, G, Ki, Mi, Gi", name, text);
    if (value < (double)least || value > (double)most)
        refuse("--%s: %s is not within %llu and %llu", name, text, (unsigned long long)least, (unsigned long long)most);
    return (uint64_t)value;
}

static double seconds(const char *name, const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || (*end != 0 && strcmp(end, "s") != 0) || !(value >= 0 && value < 1e6))
        refuse("--%s: \"%s\" is no number of seconds", name, text);
    return value;
}

// "1,2,7" through `take`.
static void list(const char *name, const char *text, void (*take)(void *, long), void *into) {
    for (const char *at = text;;) {
        char *end;
        long value = strtol(at, &end, 10);
        if (end == at || value < 0) refuse("--%s: \"%s\" is no list of numbers such as 1,2", name, text);
        take(into, value);
        if (*end == 0) return;
        if (*end != ',') refuse("--%s: \"%s\" is no list of numbers such as 1,2", name, text);
        at = end + 1;
    }
}

static void take_pid(void *into, long value) {
    struct pid_list *pids = into;
    if (pids->count == MAXIMUM_PIDS) refuse("more than %d processes", MAXIMUM_PIDS);
    pids->pids[pids->count++] = (pid_t)value;
}

static void take_cpu(void *into, long value) {
    struct options *options = into;
    if (options->cpu_count == MAXIMUM_CPUS) refuse("more than %d CPUs", MAXIMUM_CPUS);
    options->cpus[options->cpu_count++] = (int)value;
}

static void read_target(struct options *options, const char *name, const char *text) {
    if (options->target != NULL) refuse("--%s: there is a target already, %s", name, options->target);
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == 0) refuse("--%s: \"%s\" is not HOST:PORT", name, text);
    char *host = owned(strndup(text, (size_t)(colon - text)));
    size_t length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        memmove(host, host + 1, length - 2);
        host[length - 2] = 0;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error != 0) refuse("--%s %s: %s", name, text, gai_strerror(error));
    memcpy(&options->address, found->ai_addr, found->ai_addrlen);
    options->address_length = found->ai_addrlen;
    freeaddrinfo(found);
    options->target = text;
    options->target_host = host;
}

static void read_tokens(struct options *options, const char *file) {
    FILE *stream = fopen(file, "r");
    if (stream == NULL) refuse("--token-file %s: %s", file, strerror(errno));
    char *line = NULL;
    size_t capacity = 0, room = 0;
    ssize_t count;
    while ((count = getline(&line, &capacity, stream)) > 0) {
        while (count > 0 && isspace((unsigned char)line[count - 1])) line[--count] = 0;
        if (count == 0) continue;
        if (count > 16384) refuse("--token-file %s: a line is longer than 16384 bytes; one token a line", file);
        if (options->token_count == room) {
            room = room == 0 ? 256 : room * 2;
            options->tokens = owned(realloc(options->tokens, room * sizeof *options->tokens));
        }
        options->tokens[options->token_count++] = owned(strdup(line));
    }
    free(line);
    fclose(stream);
    if (options->token_count == 0) refuse("--token-file %s: there is no token in it", file);
}

static void read_served(struct options *options, const char *text) {
    static const char *kinds[] = {"echo", "sink", "source", "any"};
    char *copy = owned(strdup(text));
    for (char *rest, *item = strtok_r(copy, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        char *colon = strchr(item, ':');
        if (colon == NULL) refuse("--serve: \"%s\" is not KIND:PORT, such as echo:9000", item);
        *colon = 0;
        int kind = 0;
        while (kind < 4 && strcmp(kinds[kind], item) != 0) kind++;
        if (kind == 4) refuse("--serve: \"%s\" is no kind; there are echo, sink, source, any", item);
        if (options->served_count == MAXIMUM_SERVED) refuse("--serve: more than %d ports", MAXIMUM_SERVED);
        options->served[options->served_count].kind = (enum served)kind;
        options->served[options->served_count++].port = (uint16_t)number("serve", colon + 1, 1, 65535);
    }
    free(copy);
    options->mode = MODE_SERVE;
}

static const char *const mode_names[] = {"echo", "upload", "download", "mixed", "connect", "idle", "serve"};

const char *mode_name(enum mode mode) { return mode_names[mode]; }

const char *protocol_name(const struct options *options) {
    if (options->websocket) return options->tls ? "wss" : "ws";
    return options->tls ? "tls" : "tcp";
}

enum {
    WSS = 256, WS, TLS, TCP, PATH, HOST, HEADER, SUBPROTOCOL, TOKEN_FILE, TOKENS_ONCE, EXPECT_STATUS, TLS12, TLS13,
    CIPHERS, CIPHERSUITES, GROUPS, CA, INSECURE, SERVER_NAME, RESUME, TUNNELS, UPLOADS, DOWNLOADS, SOURCES, SIZE, DEPTH,
    FRAME, BYTES, SECONDS, COUNT, WARM_UP, RATE, AFTER, CLOSE, BIG, ROUNDS, ACTIVE, SETTLE, HOLD, OPENING, TIMEOUT,
    ALLOW_FAILURES, VERIFY, PID, CHILDREN, BACKEND_PID, TRACE, THREADS, CPU, JSON, SERVE, LISTEN, HELP,
};

static const struct option long_options[] = {
    {"wss", 1, 0, WSS}, {"ws", 1, 0, WS}, {"tls", 1, 0, TLS}, {"tcp", 1, 0, TCP}, {"path", 1, 0, PATH},
    {"host", 1, 0, HOST}, {"header", 1, 0, HEADER}, {"subprotocol", 1, 0, SUBPROTOCOL},
    {"token-file", 1, 0, TOKEN_FILE}, {"tokens-once", 0, 0, TOKENS_ONCE}, {"expect-status", 1, 0, EXPECT_STATUS},
    {"tls12", 0, 0, TLS12}, {"tls13", 0, 0, TLS13}, {"ciphers", 1, 0, CIPHERS}, {"ciphersuites", 1, 0, CIPHERSUITES},
    {"groups", 1, 0, GROUPS}, {"ca", 1, 0, CA}, {"insecure", 0, 0, INSECURE}, {"server-name", 1, 0, SERVER_NAME},
    {"resume", 0, 0, RESUME}, {"tunnels", 1, 0, TUNNELS}, {"uploads", 1, 0, UPLOADS}, {"downloads", 1, 0, DOWNLOADS},
    {"sources", 1, 0, SOURCES}, {"size", 1, 0, SIZE}, {"depth", 1, 0, DEPTH}, {"frame", 1, 0, FRAME},
    {"bytes", 1, 0, BYTES}, {"seconds", 1, 0, SECONDS}, {"count", 1, 0, COUNT}, {"warm-up", 1, 0, WARM_UP},
    {"rate", 1, 0, RATE}, {"after", 1, 0, AFTER}, {"close", 1, 0, CLOSE}, {"big", 1, 0, BIG}, {"rounds", 1, 0, ROUNDS},
    {"active", 1, 0, ACTIVE}, {"settle", 1, 0, SETTLE}, {"hold", 1, 0, HOLD}, {"opening", 1, 0, OPENING},
    {"timeout", 1, 0, TIMEOUT}, {"allow-failures", 1, 0, ALLOW_FAILURES}, {"verify", 0, 0, VERIFY}, {"pid", 1, 0, PID},
    {"children", 0, 0, CHILDREN}, {"backend-pid", 1, 0, BACKEND_PID}, {"trace-syscalls", 0, 0, TRACE},
    {"threads", 1, 0, THREADS}, {"cpu", 1, 0, CPU}, {"json", 0, 0, JSON}, {"serve", 1, 0, SERVE},
    {"listen", 1, 0, LISTEN}, {"help", 0, 0, HELP}, {0, 0, 0, 0},
};

static void take(struct options *options, int option, const char *name, const char *value) {
    const uint64_t large = 1ull << 40;
    switch (option) {
    case WSS: options->tls = options->websocket = true; read_target(options, name, value); break;
    case WS: options->websocket = true; read_target(options, name, value); break;
    case TLS: options->tls = true; read_target(options, name, value); break;
    case TCP: read_target(options, name, value); break;
    case PATH: options->path = value; break;
    case HOST: options->host = value; break;
    case HEADER:
        if (strchr(value, ':') == NULL) refuse("--header: \"%s\" is not \"Name: value\"", value);
        if (options->field_count == MAXIMUM_FIELDS) refuse("--header: more than %d", MAXIMUM_FIELDS);
        options->fields[options->field_count++] = value;
        break;
    case SUBPROTOCOL: options->subprotocol = strcmp(value, "none") == 0 ? NULL : value; break;
    case TOKEN_FILE: read_tokens(options, value); break;
    case TOKENS_ONCE: options->tokens_once = true; break;
    case EXPECT_STATUS: options->expected_status = (int)number(name, value, 100, 599); break;
    case TLS12: options->version = TLS_12; break;
    case TLS13: options->version = TLS_13; break;
    case CIPHERS: options->ciphers = value; break;
    case CIPHERSUITES: options->ciphersuites = value; break;
    case GROUPS: options->groups = value; break;
    case CA: options->authority = value; break;
    case INSECURE: options->insecure = true; break;
    case SERVER_NAME: options->server_name = value; break;
    case RESUME: options->resume = true; break;
    case TUNNELS: options->tunnels = (uint32_t)number(name, value, 1, 1000000); break;
    case UPLOADS: options->uploads = (uint32_t)number(name, value, 0, 10000); break;
    case DOWNLOADS: options->downloads = (uint32_t)number(name, value, 0, 10000); break;
    case SOURCES: options->sources = (int)number(name, value, 1, 254); break;
    case SIZE: options->size = (size_t)number(name, value, 1, 1 << 26); break;
    case DEPTH: options->depth = (uint32_t)number(name, value, 1, 65536); break;
    case FRAME: options->frame = (size_t)number(name, value, 1, 1 << 20); break;
    case BYTES: options->bytes = number(name, value, 1, large); break;
    case SECONDS: options->seconds = seconds(name, value); break;
    case COUNT: options->count = number(name, value, 1, large); break;
    case WARM_UP: options->warm_up = seconds(name, value); break;
    case RATE: options->rate = (double)number(name, value, 1, 100000000); break;
    case AFTER: options->after = (uint32_t)number(name, value, 0, 1000000); break;
    case CLOSE:
        if (strcmp(value, "orderly") == 0) options->closing = CLOSE_ORDERLY;
        else if (strcmp(value, "eager") == 0) options->closing = CLOSE_EAGER;
        else if (strcmp(value, "reset") == 0) options->closing = CLOSE_RESET;
        else refuse("--close: orderly, eager or reset");
        break;
    case BIG: options->big = (size_t)number(name, value, 0, 1 << 26); break;
    case ROUNDS: options->rounds = (uint32_t)number(name, value, 1, 1000000); break;
    case ACTIVE: options->active = (uint32_t)number(name, value, 1, 100000); break;
    case SETTLE: options->settle = seconds(name, value); break;
    case HOLD: options->hold = seconds(name, value); break;
    case OPENING: options->opening = (uint32_t)number(name, value, 1, 100000); break;
    case TIMEOUT: options->timeout = seconds(name, value); break;
    case ALLOW_FAILURES: options->allowed_failures = number(name, value, 0, large); break;
    case VERIFY: options->verify = true; break;
    case PID: list(name, value, take_pid, &options->proxy); break;
    case CHILDREN: options->children = true; break;
    case BACKEND_PID: list(name, value, take_pid, &options->backend); break;
    case TRACE: options->trace = true; break;
    case THREADS: options->threads = (int)number(name, value, 1, MAXIMUM_THREADS); break;
    case CPU: list(name, value, take_cpu, options); break;
    case JSON: options->json = true; break;
    case SERVE: read_served(options, value); break;
    case LISTEN: options->listen_address = value; break;
    case HELP: fputs(usage_text, stdout); exit(0);
    default: exit(2);
    }
}

// What only makes sense together.
static void check(struct options *options) {
    enum mode mode = options->mode;
    if (options->target == NULL) refuse("a target is missing: --wss, --ws, --tls or --tcp HOST:PORT");
    if (options->tls && options->authority == NULL && !options->insecure)
        refuse("say whom to trust: --ca FILE, or --insecure");
    if (options->trace && options->proxy.count == 0) refuse("--trace-syscalls needs --pid");
    if (options->children && options->proxy.count == 0) refuse("--children needs --pid");
    if (mode == MODE_IDLE && options->proxy.count == 0) refuse("idle measures memory: it needs --pid");
    if (options->rate > 0 && mode != MODE_ECHO && mode != MODE_MIXED && mode != MODE_CONNECT)
        refuse("--rate is for echo, mixed and connect");
    if (options->expected_status != 0 && (mode != MODE_CONNECT || !options->websocket))
        refuse("--expect-status is for connect with --wss or --ws");
    if (options->resume && !options->tls) refuse("--resume needs TLS");
    if (options->sources > 0) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)&options->address;
        if (options->address.ss_family != AF_INET || ntohl(address->sin_addr.s_addr) >> 24 != 127)
            refuse("--sources takes loopback addresses, so the target must be in 127.0.0.0/8");
    }
    if (mode != MODE_MIXED) {
        options->uploads = mode == MODE_UPLOAD ? options->tunnels : 0;
        options->downloads = mode == MODE_DOWNLOAD ? options->tunnels : 0;
        if (mode == MODE_UPLOAD || mode == MODE_DOWNLOAD) options->tunnels = 0;
    }
    if (options->host == NULL) options->host = options->target;
}

void options_parse(struct options *options, int count, char **arguments) {
    *options = (struct options){
        .mode = MODE_ECHO, .path = "/", .subprotocol = "binary", .tunnels = 64, .uploads = 1, .downloads = 1,
        .depth = 1, .opening = 64, .rounds = 2, .active = 64, .size = 64, .frame = 16376, .big = 60000,
        .bytes = 4 * 1000 * 1000, .seconds = 5, .warm_up = 0.5, .settle = 1, .timeout = 20, .threads = 1,
        .listen_address = "127.0.0.1",
    };
    int option, index = 0;
    while ((option = getopt_long(count, arguments, "h", long_options, &index)) != -1)
        take(options, option == 'h' ? HELP : option, option >= WSS ? long_options[index].name : "", optarg);
    if (options->mode == MODE_SERVE) {
        if (optind < count) refuse("--serve stands alone; what is \"%s\"?", arguments[optind]);
        return;
    }
    if (optind + 1 != count) refuse("one mode is needed: echo, upload, download, mixed, connect or idle");
    int mode = 0;
    while (mode < MODE_SERVE && strcmp(mode_names[mode], arguments[optind]) != 0) mode++;
    if (mode == MODE_SERVE) refuse("\"%s\" is no mode", arguments[optind]);
    options->mode = (enum mode)mode;
    check(options);
}

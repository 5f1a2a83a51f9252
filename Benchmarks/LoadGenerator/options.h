// What the command line asks for.
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define MAXIMUM_PIDS 64
#define MAXIMUM_CPUS 64
#define MAXIMUM_FIELDS 16
#define MAXIMUM_SERVED 16
#define MAXIMUM_THREADS 64

enum mode { MODE_ECHO, MODE_UPLOAD, MODE_DOWNLOAD, MODE_MIXED, MODE_CONNECT, MODE_IDLE, MODE_SERVE };
enum tls_version { TLS_ANY, TLS_12, TLS_13 };
// orderly: the server ends the connection, as RFC 6455 wants it; eager: we do, once the server has answered our Close
// (without WebSocket: right behind our end); reset: at once and rudely.
enum closing { CLOSE_ORDERLY, CLOSE_EAGER, CLOSE_RESET };

// What a backend does with a connection.
enum served { SERVE_ECHO, SERVE_SINK, SERVE_SOURCE, SERVE_ANY };

struct pid_list {
    int count;
    pid_t pids[MAXIMUM_PIDS];
};

struct options {
    enum mode mode;

    // Where to, and in which language.
    bool tls, websocket;
    const char *target;       // HOST:PORT as given
    const char *target_host;  // HOST alone
    struct sockaddr_storage address;
    socklen_t address_length;
    int sources;  // client addresses 127.0.0.1 … 127.0.0.N; 0: the kernel's choice

    // WebSocket.
    const char *path, *host, *subprotocol;  // subprotocol NULL: none is offered
    const char *fields[MAXIMUM_FIELDS];
    int field_count;
    char **tokens;
    size_t token_count;
    bool tokens_once;
    int expected_status;

    // TLS.
    enum tls_version version;
    const char *ciphers, *ciphersuites, *groups, *authority, *server_name;
    bool insecure, resume;

    // How much.
    uint32_t tunnels, uploads, downloads, depth, opening, after, rounds, active;
    size_t size, frame, big;
    uint64_t bytes;
    double rate;  // messages or connections per second in all; 0: closed loop
    double seconds, warm_up, settle, hold, timeout;
    uint64_t count;  // 0: `seconds` decides
    bool verify;
    enum closing closing;
    uint64_t allowed_failures;

    // Where it runs.
    int threads;
    int cpus[MAXIMUM_CPUS];
    int cpu_count;

    // What is measured.
    struct pid_list proxy, backend;
    bool children, trace;

    bool json;

    // Mode serve.
    struct { enum served kind; uint16_t port; } served[MAXIMUM_SERVED];
    int served_count;
    const char *listen_address;
};

// Fills `options`, or says on stderr what is wrong and ends the program with exit code 2.
void options_parse(struct options *options, int count, char **arguments);
const char *mode_name(enum mode mode);
const char *protocol_name(const struct options *options);

#endif
